import{a as e,c as t,d as n,f as r,g as i,h as a,l as o,m as s,o as c,p as l,s as u,t as d,u as f}from"./transformer-BCgKBS8t.js";import{c as p,o as m,r as h,s as g}from"./words-ClfyLFR7.js";var _=!0,v=`uplot`,y=`u-hz`,b=`u-vt`,x=`u-title`,S=`u-wrap`,C=`u-under`,w=`u-over`,T=`u-axis`,E=`u-off`,ee=`u-select`,te=`u-cursor-x`,ne=`u-cursor-y`,re=`u-cursor-pt`,ie=`u-legend`,ae=`u-live`,oe=`u-inline`,se=`u-series`,ce=`u-marker`,le=`u-label`,ue=`u-value`,de=`width`,fe=`height`,pe=`top`,me=`bottom`,he=`left`,ge=`right`,D=`#000`,_e=`#0000`,ve=`mousemove`,ye=`mousedown`,be=`mouseup`,xe=`mouseenter`,Se=`mouseleave`,Ce=`dblclick`,we=`resize`,O=`scroll`,Te=`change`,Ee=`dppxchange`,De=`--`,k=typeof window<`u`,Oe=k?document:null,ke=k?window:null,Ae=k?navigator:null,A,je;function Me(){let e=devicePixelRatio;A!=e&&(A=e,je&&Ge(Te,je,Me),je=matchMedia(`(min-resolution: ${A-.001}dppx) and (max-resolution: ${A+.001}dppx)`),We(Te,je,Me),ke.dispatchEvent(new CustomEvent(Ee)))}function Ne(e,t){if(t!=null){let n=e.classList;!n.contains(t)&&n.add(t)}}function Pe(e,t){let n=e.classList;n.contains(t)&&n.remove(t)}function j(e,t,n){e.style[t]=n+`px`}function Fe(e,t,n,r){let i=Oe.createElement(e);return t!=null&&Ne(i,t),n?.insertBefore(i,r),i}function Ie(e,t){return Fe(`div`,e,t)}var Le=new WeakMap;function Re(e,t,n,r,i){let a=`translate(`+t+`px,`+n+`px)`;a!=Le.get(e)&&(e.style.transform=a,Le.set(e,a),t<0||n<0||t>r||n>i?Ne(e,E):Pe(e,E))}var M=new WeakMap;function ze(e,t,n){let r=t+n;r!=M.get(e)&&(M.set(e,r),e.style.background=t,e.style.borderColor=n)}var Be=new WeakMap;function Ve(e,t,n,r){let i=t+``+n;i!=Be.get(e)&&(Be.set(e,i),e.style.height=n+`px`,e.style.width=t+`px`,e.style.marginLeft=r?-t/2+`px`:0,e.style.marginTop=r?-n/2+`px`:0)}var He={passive:!0},Ue={...He,capture:!0};function We(e,t,n,r){t.addEventListener(e,n,r?Ue:He)}function Ge(e,t,n,r){t.removeEventListener(e,n,He)}k&&Me();function Ke(e,t,n,r){let i;n||=0,r||=t.length-1;let a=r<=2147483647;for(;r-n>1;)i=a?n+r>>1:R((n+r)/2),t[i]<e?n=i:r=i;return e-t[n]<=t[r]-e?n:r}function N(e){return(t,n,r)=>{let i=-1,a=-1;for(let a=n;a<=r;a++)if(e(t[a])){i=a;break}for(let i=r;i>=n;i--)if(e(t[i])){a=i;break}return[i,a]}}var qe=e=>e!=null,Je=e=>e!=null&&e>0,Ye=N(qe),Xe=N(Je);function Ze(e,t,n,r=0,i=!1){let a=i?Xe:Ye,o=i?Je:qe;[t,n]=a(e,t,n);let s=e[t],c=e[t];if(t>-1){if(r==1)s=e[t],c=e[n];else if(r==-1)s=e[n],c=e[t];else for(let r=t;r<=n;r++){let t=e[r];o(t)&&(t<s?s=t:t>c&&(c=t))}}return[s??z,c??-z]}function Qe(e,t,n,r){let i=mt(e),a=mt(t);e==t&&(i==-1?(e*=n,t/=n):(e/=n,t*=n));let o=n==10?ht:gt,s=i==1?R:ut,c=a==1?ut:R,l=s(o(ct(e))),u=c(o(ct(t))),d=pt(n,l),f=pt(n,u);return n==10&&(l<0&&(d=V(d,-l)),u<0&&(f=V(f,-u))),r||n==2?(e=d*i,t=f*a):(e=Mt(e,d),t=jt(t,f)),[e,t]}function $e(e,t,n,r){let i=Qe(e,t,n,r);return e==0&&(i[0]=0),t==0&&(i[1]=0),i}var et=.1,tt={mode:3,pad:et},nt={pad:0,soft:null,mode:0},rt={min:nt,max:nt};function it(e,t,n,r){return Ut(n)?F(e,t,n):(nt.pad=n,nt.soft=r?0:null,nt.mode=r?3:0,F(e,t,rt))}function P(e,t){return e??t}function at(e,t,n){for(t=P(t,0),n=P(n,e.length-1);t<=n;){if(e[t]!=null)return!0;t++}return!1}function F(e,t,n){let r=n.min,i=n.max,a=P(r.pad,0),o=P(i.pad,0),s=P(r.hard,-z),c=P(i.hard,z),l=P(r.soft,z),u=P(i.soft,-z),d=P(r.mode,0),f=P(i.mode,0),p=t-e,m=ht(p),h=ft(ct(e),ct(t)),g=ct(ht(h)-m);(p<1e-24||g>10)&&(p=0,(e==0||t==0)&&(p=1e-24,d==2&&l!=z&&(a=0),f==2&&u!=-z&&(o=0)));let _=p||h||1e3,v=pt(10,R(ht(_))),y=V(Mt(e-_*(p==0?e==0?.1:1:a),v/10),24),b=e>=l&&(d==1||d==3&&y<=l||d==2&&y>=l)?l:z,x=ft(s,y<b&&e>=b?b:dt(b,y)),S=V(jt(t+_*(p==0?t==0?.1:1:o),v/10),24),C=t<=u&&(f==1||f==3&&S>=u||f==2&&S<=u)?u:-z,w=dt(c,S>C&&t<=C?C:ft(C,S));return x==w&&x==0&&(w=100),[x,w]}var I=new Intl.NumberFormat(k?Ae.language:`en-US`),ot=e=>I.format(e),L=Math,st=L.PI,ct=L.abs,R=L.floor,lt=L.round,ut=L.ceil,dt=L.min,ft=L.max,pt=L.pow,mt=L.sign,ht=L.log10,gt=L.log2,_t=(e,t=1)=>L.sinh(e)*t,vt=(e,t=1)=>L.asinh(e/t),z=1/0;function yt(e){return(ht((e^e>>31)-(e>>31))|0)+1}function bt(e,t,n){return dt(ft(e,t),n)}function xt(e){return typeof e==`function`}function B(e){return xt(e)?e:()=>e}var St=()=>{},Ct=e=>e,wt=(e,t)=>t,Tt=e=>null,Et=e=>!0,Dt=(e,t)=>e==t,Ot=/\.\d*?(?=9{6,}|0{6,})/gm,kt=e=>{if(Bt(e)||Nt.has(e))return e;let t=`${e}`,n=t.match(Ot);if(n==null)return e;let r=n[0].length-1;if(t.indexOf(`e-`)!=-1){let[e,n]=t.split(`e`);return+`${kt(e)}e${n}`}return V(e,r)};function At(e,t){return kt(V(kt(e/t))*t)}function jt(e,t){return kt(ut(kt(e/t))*t)}function Mt(e,t){return kt(R(kt(e/t))*t)}function V(e,t=0){if(Bt(e))return e;let n=10**t;return lt(e*n*(1+2**-52))/n}var Nt=new Map;function Pt(e){return((``+e).split(`.`)[1]||``).length}function Ft(e,t,n,r){let i=[],a=r.map(Pt);for(let o=t;o<n;o++){let t=ct(o),n=V(pt(e,o),t);for(let s=0;s<r.length;s++){let c=e==10?+`${r[s]}e${o}`:r[s]*n,l=(o>=0?0:t)+(o>=a[s]?0:a[s]),u=e==10?c:V(c,l);i.push(u),Nt.set(u,l)}}return i}var It={},Lt=[],Rt=[null,null],zt=Array.isArray,Bt=Number.isInteger,Vt=e=>e===void 0;function Ht(e){return typeof e==`string`}function Ut(e){let t=!1;if(e!=null){let n=e.constructor;t=n==null||n==Object}return t}function Wt(e){return typeof e==`object`&&!!e}var Gt=Object.getPrototypeOf(Uint8Array),Kt=`__proto__`;function qt(e,t=Ut){let n;if(zt(e)){let r=e.find(e=>e!=null);if(zt(r)||t(r)){n=Array(e.length);for(let r=0;r<e.length;r++)n[r]=qt(e[r],t)}else n=e.slice()}else if(e instanceof Gt)n=e.slice();else if(t(e)){n={};for(let r in e)r!=Kt&&(n[r]=qt(e[r],t))}else n=e;return n}function H(e){let t=arguments;for(let n=1;n<t.length;n++){let r=t[n];for(let t in r)t!=Kt&&(Ut(e[t])?H(e[t],qt(r[t])):e[t]=qt(r[t]))}return e}var Jt=0,Yt=1,Xt=2;function Zt(e,t,n){for(let r=0,i,a=-1;r<t.length;r++){let o=t[r];if(o>a){for(i=o-1;i>=0&&e[i]==null;)e[i--]=null;for(i=o+1;i<n&&e[i]==null;)e[a=i++]=null}}}function U(e,t){if($t(e)){let t=e[0].slice();for(let n=1;n<e.length;n++)t.push(...e[n].slice(1));return en(t[0])||(t=W(t)),t}let n=new Set;for(let t=0;t<e.length;t++){let r=e[t][0],i=r.length;for(let e=0;e<i;e++)n.add(r[e])}let r=[Array.from(n).sort((e,t)=>e-t)],i=r[0].length,a=new Map;for(let e=0;e<i;e++)a.set(r[0][e],e);for(let n=0;n<e.length;n++){let o=e[n],s=o[0];for(let e=1;e<o.length;e++){let c=o[e],l=Array(i).fill(void 0),u=t?t[n][e]:Yt,d=[];for(let e=0;e<c.length;e++){let t=c[e],n=a.get(s[e]);t===null?u!=Jt&&(l[n]=t,u==Xt&&d.push(n)):l[n]=t}Zt(l,d,i),r.push(l)}}return r}var Qt=typeof queueMicrotask>`u`?e=>Promise.resolve().then(e):queueMicrotask;function W(e){let t=e[0],n=t.length,r=Array(n);for(let e=0;e<r.length;e++)r[e]=e;r.sort((e,n)=>t[e]-t[n]);let i=[];for(let t=0;t<e.length;t++){let a=e[t],o=Array(n);for(let e=0;e<n;e++)o[e]=a[r[e]];i.push(o)}return i}function $t(e){let t=e[0][0],n=t.length;for(let r=1;r<e.length;r++){let i=e[r][0];if(i.length!=n)return!1;if(i!=t){for(let e=0;e<n;e++)if(i[e]!=t[e])return!1}}return!0}function en(e,t=100){let n=e.length;if(n<=1)return!0;let r=0,i=n-1;for(;r<=i&&e[r]==null;)r++;for(;i>=r&&e[i]==null;)i--;if(i<=r)return!0;let a=ft(1,R((i-r+1)/t));for(let t=e[r],n=r+a;n<=i;n+=a){let r=e[n];if(r!=null){if(r<=t)return!1;t=r}}return!0}var tn=[`January`,`February`,`March`,`April`,`May`,`June`,`July`,`August`,`September`,`October`,`November`,`December`],nn=[`Sunday`,`Monday`,`Tuesday`,`Wednesday`,`Thursday`,`Friday`,`Saturday`];function rn(e){return e.slice(0,3)}var an=nn.map(rn),on={MMMM:tn,MMM:tn.map(rn),WWWW:nn,WWW:an};function sn(e){return(e<10?`0`:``)+e}function cn(e){return(e<10?`00`:e<100?`0`:``)+e}var ln={YYYY:e=>e.getFullYear(),YY:e=>(e.getFullYear()+``).slice(2),MMMM:(e,t)=>t.MMMM[e.getMonth()],MMM:(e,t)=>t.MMM[e.getMonth()],MM:e=>sn(e.getMonth()+1),M:e=>e.getMonth()+1,DD:e=>sn(e.getDate()),D:e=>e.getDate(),WWWW:(e,t)=>t.WWWW[e.getDay()],WWW:(e,t)=>t.WWW[e.getDay()],HH:e=>sn(e.getHours()),H:e=>e.getHours(),h:e=>{let t=e.getHours();return t==0?12:t>12?t-12:t},AA:e=>e.getHours()>=12?`PM`:`AM`,aa:e=>e.getHours()>=12?`pm`:`am`,a:e=>e.getHours()>=12?`p`:`a`,mm:e=>sn(e.getMinutes()),m:e=>e.getMinutes(),ss:e=>sn(e.getSeconds()),s:e=>e.getSeconds(),fff:e=>cn(e.getMilliseconds())};function un(e,t){t||=on;let n=[],r=/\{([a-z]+)\}|[^{]+/gi,i;for(;i=r.exec(e);)n.push(i[0][0]==`{`?ln[i[1]]:i[0]);return e=>{let r=``;for(let i=0;i<n.length;i++)r+=typeof n[i]==`string`?n[i]:n[i](e,t);return r}}var dn=new Intl.DateTimeFormat().resolvedOptions().timeZone;function fn(e,t){let n;return t==`UTC`||t==`Etc/UTC`?n=new Date(+e+e.getTimezoneOffset()*6e4):t==dn?n=e:(n=new Date(e.toLocaleString(`en-US`,{timeZone:t})),n.setMilliseconds(e.getMilliseconds())),n}var pn=e=>e%1==0,mn=[1,2,2.5,5],hn=Ft(10,-32,0,mn),gn=Ft(10,0,32,mn),_n=gn.filter(pn),vn=hn.concat(gn),yn=`
`,bn=`{YYYY}`,xn=yn+bn,Sn=`{M}/{D}`,Cn=yn+Sn,wn=Cn+`/{YY}`,Tn=`{aa}`,G=`{h}:{mm}`+Tn,En=yn+G,Dn=`:{ss}`,K=null;function On(e){let t=e*1e3,n=t*60,r=n*60,i=r*24,a=i*30,o=i*365,s=(e==1?Ft(10,0,3,mn).filter(pn):Ft(10,-3,0,mn)).concat([t,t*5,t*10,t*15,t*30,n,n*5,n*10,n*15,n*30,r,r*2,r*3,r*4,r*6,r*8,r*12,i,i*2,i*3,i*4,i*5,i*6,i*7,i*8,i*9,i*10,i*15,a,a*2,a*3,a*4,a*6,o,o*2,o*5,o*10,o*25,o*50,o*100]),c=[[o,bn,K,K,K,K,K,K,1],[i*28,`{MMM}`,xn,K,K,K,K,K,1],[i,Sn,xn,K,K,K,K,K,1],[r,`{h}`+Tn,wn,K,Cn,K,K,K,1],[n,G,wn,K,Cn,K,K,K,1],[t,Dn,wn+` `+G,K,Cn+` `+G,K,En,K,1],[e,Dn+`.{fff}`,wn+` `+G,K,Cn+` `+G,K,En,K,1]];function l(t){return(s,c,l,u,d,f)=>{let p=[],m=d>=o,h=d>=a&&d<o,g=t(l),_=V(g*e,3),v=Rn(g.getFullYear(),m?0:g.getMonth(),h||m?1:g.getDate()),y=V(v*e,3);if(h||m){let n=h?d/a:0,r=m?d/o:0,i=_==y?_:V(Rn(v.getFullYear()+r,v.getMonth()+n,1)*e,3),s=new Date(lt(i/e)),c=s.getFullYear(),l=s.getMonth();for(let a=0;i<=u;a++){let o=Rn(c+r*a,l+n*a,1),s=o-t(V(o*e,3));i=V((+o+s)*e,3),i<=u&&p.push(i)}}else{let a=d>=i?i:d,o=y+(R(l)-R(_))+jt(_-y,a);p.push(o);let m=t(o),h=m.getHours()+m.getMinutes()/n+m.getSeconds()/r,g=d/r,v=f/s.axes[c]._space;for(;o=V(o+d,e==1?0:3),!(o>u);)if(g>1){let e=R(V(h+g,6))%24,n=t(o).getHours()-e;n>1&&(n=-1),o-=n*r,h=(h+g)%24;let i=p[p.length-1];V((o-i)/d,3)*v>=.7&&p.push(o)}else p.push(o)}return p}}return[s,c,l]}var[kn,An,jn]=On(1),[Mn,Nn,Pn]=On(.001);Ft(2,-53,53,[1]);function Fn(e,t){return e.map(e=>e.map((n,r)=>r==0||r==8||n==null?n:t(r==1||e[8]==0?n:e[1]+n)))}function In(e,t){return(n,r,i,a,o)=>{let s=t.find(e=>o>=e[0])||t[t.length-1],c,l,u,d,f,p;return r.map(t=>{let n=e(t),r=n.getFullYear(),i=n.getMonth(),a=n.getDate(),o=n.getHours(),m=n.getMinutes(),h=n.getSeconds(),g=r!=c&&s[2]||i!=l&&s[3]||a!=u&&s[4]||o!=d&&s[5]||m!=f&&s[6]||h!=p&&s[7]||s[1];return c=r,l=i,u=a,d=o,f=m,p=h,g(n)})}}function Ln(e,t){let n=un(t);return(t,r,i,a,o)=>r.map(t=>n(e(t)))}function Rn(e,t,n){return new Date(e,t,n)}function zn(e,t){return t(e)}var Bn=`{YYYY}-{MM}-{DD} {h}:{mm}{aa}`;function Vn(e,t){return(n,r,i,a)=>a==null?De:t(e(r))}function Hn(e,t){let n=e.series[t];return n.width?n.stroke(e,t):n.points.width?n.points.stroke(e,t):null}function Un(e,t){return e.series[t].fill(e,t)}var Wn={show:!0,live:!0,isolate:!1,mount:St,markers:{show:!0,width:2,stroke:Hn,fill:Un,dash:`solid`},idx:null,idxs:null,values:[]};function Gn(e,t){let n=e.cursor.points,r=Ie(),i=n.size(e,t);j(r,de,i),j(r,fe,i);let a=i/-2;j(r,`marginLeft`,a),j(r,`marginTop`,a);let o=n.width(e,t,i);return o&&j(r,`borderWidth`,o),r}function Kn(e,t){let n=e.series[t].points;return n._fill||n._stroke}function qn(e,t){let n=e.series[t].points;return n._stroke||n._fill}function Jn(e,t){return e.series[t].points.size}var Yn=[0,0];function Xn(e,t,n){return Yn[0]=t,Yn[1]=n,Yn}function Zn(e,t,n,r=!0){return e=>{e.button!=0||r&&e.target!=t||n(e)}}function Qn(e,t,n,r=!0){return e=>{r&&e.target!=t||n(e)}}var $n={show:!0,x:!0,y:!0,lock:!1,move:Xn,points:{one:!1,show:Gn,size:Jn,width:0,stroke:qn,fill:Kn},bind:{mousedown:Zn,mouseup:Zn,click:Zn,dblclick:Zn,mousemove:Qn,mouseleave:Qn,mouseenter:Qn},drag:{setScale:!0,x:!0,y:!1,dist:0,uni:null,click:(e,t)=>{t.stopPropagation(),t.stopImmediatePropagation()},_x:!1,_y:!1},focus:{dist:(e,t,n,r,i)=>r-i,prox:-1,bias:0},hover:{skip:[void 0],prox:null,bias:0},left:-10,top:-10,idx:null,dataIdx:null,idxs:null,event:null},er={show:!0,stroke:`rgba(0,0,0,0.07)`,width:2},q=H({},er,{filter:wt}),J=H({},q,{size:10}),tr=H({},er,{show:!1}),nr=`12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif, "Apple Color Emoji", "Segoe UI Emoji", "Segoe UI Symbol", "Noto Color Emoji"`,rr=`bold `+nr,ir=1.5,ar={show:!0,scale:`x`,stroke:D,space:50,gap:5,alignTo:1,size:50,labelGap:0,labelSize:30,labelFont:rr,side:2,grid:q,ticks:J,border:tr,font:nr,lineGap:ir,rotate:0},or=`Value`,sr=`Time`,cr={show:!0,scale:`x`,auto:!1,sorted:1,min:z,max:-1/0,idxs:[]};function lr(e,t,n,r,i){return t.map(e=>e==null?``:ot(e))}function ur(e,t,n,r,i,a,o){let s=[],c=Nt.get(i)||0;n=o?n:V(jt(n,i),c);for(let e=n;e<=r;e=V(e+i,c))s.push(Object.is(e,-0)?0:e);return s}function dr(e,t,n,r,i,a,o){let s=[],c=e.scales[e.axes[t].scale].log;i=pt(c,R((c==10?ht:gt)(n))),c==10&&(i=vn[Ke(i,vn)]);let l=n,u=i*c;c==10&&(u=vn[Ke(u,vn)]);do s.push(l),l+=i,c==10&&!Nt.has(l)&&(l=V(l,Nt.get(i))),l>=u&&(i=l,u=i*c,c==10&&(u=vn[Ke(u,vn)]));while(l<=r);return s}function fr(e,t,n,r,i,a,o){let s=e.scales[e.axes[t].scale].asinh,c=r>s?dr(e,t,ft(s,n),r,i):[s],l=r>=0&&n<=0?[0]:[];return(n<-s?dr(e,t,ft(s,-r),-n,i):[s]).reverse().map(e=>-e).concat(l,c)}var pr=/./,mr=/[12357]/,hr=/[125]/,gr=/1/,_r=(e,t,n,r)=>e.map((e,i)=>t==4&&e==0||i%r==0&&n.test(e.toExponential()[+(e<0)])?e:null);function vr(e,t,n,r,i){let a=e.axes[n],o=a.scale,s=e.scales[o],c=e.valToPos,l=a._space,u=c(10,o),d=c(9,o)-u>=l?pr:c(7,o)-u>=l?mr:c(5,o)-u>=l?hr:gr;if(d==gr){let e=ct(c(1,o)-u);if(e<l)return _r(t.slice().reverse(),s.distr,d,ut(l/e)).reverse()}return _r(t,s.distr,d,1)}function yr(e,t,n,r,i){let a=e.axes[n],o=a.scale,s=a._space,c=e.valToPos,l=ct(c(1,o)-c(2,o));return l<s?_r(t.slice().reverse(),3,pr,ut(s/l)).reverse():t}function br(e,t,n,r){return r==null?De:t==null?``:ot(t)}var xr={show:!0,scale:`y`,stroke:D,space:30,gap:5,alignTo:1,size:50,labelGap:0,labelSize:30,labelFont:rr,side:3,grid:q,ticks:J,border:tr,font:nr,lineGap:ir,rotate:0};function Sr(e,t){return V((3+(e||1)*2)*t,3)}function Cr(e,t){let{scale:n,idxs:r}=e.series[0],i=e._data[0],a=e.valToPos(i[r[0]],n,!0),o=ct(e.valToPos(i[r[1]],n,!0)-a)/(e.series[t].points.space*A);return r[1]-r[0]<=o}var wr={scale:null,auto:!0,sorted:0,min:z,max:-1/0},Tr=(e,t,n,r,i)=>i,Er={show:!0,auto:!0,sorted:0,gaps:Tr,alpha:1,facets:[H({},wr,{scale:`x`}),H({},wr,{scale:`y`})]},Dr={scale:`y`,auto:!0,sorted:0,show:!0,spanGaps:!1,gaps:Tr,alpha:1,points:{show:Cr,filter:null},values:null,min:z,max:-1/0,idxs:[],path:null,clip:null};function Or(e,t,n,r,i){return n/10}var kr={time:_,auto:!0,distr:1,log:10,asinh:1,min:null,max:null,dir:1,ori:0},Ar=H({},kr,{time:!1,ori:1}),jr={};function Mr(e,t){let n=jr[e];return n||(n={key:e,plots:[],sub(e){n.plots.push(e)},unsub(e){n.plots=n.plots.filter(t=>t!=e)},pub(e,t,r,i,a,o,s){for(let c=0;c<n.plots.length;c++)n.plots[c]!=t&&n.plots[c].pub(e,t,r,i,a,o,s)}},e!=null&&(jr[e]=n)),n}var Nr=1,Pr=2;function Fr(e,t,n){let r=e.mode,i=e.series[t],a=r==2?e._data[t]:e._data,o=e.scales,s=e.bbox,c=a[0],l=r==2?a[1]:a[t],u=r==2?o[i.facets[0].scale]:o[e.series[0].scale],d=r==2?o[i.facets[1].scale]:o[i.scale],f=s.left,p=s.top,m=s.width,h=s.height,g=e.valToPosH,_=e.valToPosV;return u.ori==0?n(i,c,l,u,d,g,_,f,p,m,h,Wr,Kr,Jr,Xr,Qr):n(i,c,l,u,d,_,g,p,f,h,m,Gr,qr,Yr,Zr,$r)}function Ir(e,t){let n=0,r=0,i=P(e.bands,Lt);for(let e=0;e<i.length;e++){let a=i[e];a.series[0]==t?n=a.dir:a.series[1]==t&&(a.dir==1?r|=1:r|=2)}return[n,r==1?-1:r==2?1:r==3?2:0]}function Lr(e,t,n,r,i){let a=e.mode,o=e.series[t],s=a==2?o.facets[1].scale:o.scale,c=e.scales[s];return i==-1?c.min:i==1?c.max:c.distr==3?c.dir==1?c.min:c.max:0}function Rr(e,t,n,r,i,a){return Fr(e,t,(e,t,o,s,c,l,u,d,f,p,m)=>{let h=e.pxRound,g=s.dir*(s.ori==0?1:-1),_=s.ori==0?Kr:qr,v,y;g==1?(v=n,y=r):(v=r,y=n);let b=h(l(t[v],s,p,d)),x=h(u(o[v],c,m,f)),S=h(l(t[y],s,p,d)),C=h(u(a==1?c.max:c.min,c,m,f)),w=new Path2D(i);return _(w,S,C),_(w,b,C),_(w,b,x),w})}function zr(e,t,n,r,i,a){let o=null;if(e.length>0){o=new Path2D;let s=t==0?Jr:Yr,c=n;for(let t=0;t<e.length;t++){let n=e[t];if(n[1]>n[0]){let e=n[0]-c;e>0&&s(o,c,r,e,r+a),c=n[1]}}let l=n+i-c;l>0&&s(o,c,r-5,l,r+a+10)}return o}function Br(e,t,n){let r=e[e.length-1];r&&r[0]==t?r[1]=n:e.push([t,n])}function Vr(e,t,n,r,i,a,o){let s=[],c=e.length;for(let l=i==1?n:r;l>=n&&l<=r;l+=i)if(t[l]===null){let u=l,d=l;if(i==1)for(;++l<=r&&t[l]===null;)d=l;else for(;--l>=n&&t[l]===null;)d=l;let f=a(e[u]),p=d==u?f:a(e[d]),m=u-i;f=o<=0&&m>=0&&m<c?a(e[m]):f;let h=d+i;p=o>=0&&h>=0&&h<c?a(e[h]):p,p>=f&&s.push([f,p])}return s}function Hr(e){return e==0?Ct:e==1?lt:t=>At(t,e)}function Ur(e){let t=e==0?Wr:Gr,n=e==0?(e,t,n,r,i,a)=>{e.arcTo(t,n,r,i,a)}:(e,t,n,r,i,a)=>{e.arcTo(n,t,i,r,a)},r=e==0?(e,t,n,r,i)=>{e.rect(t,n,r,i)}:(e,t,n,r,i)=>{e.rect(n,t,i,r)};return(e,i,a,o,s,c=0,l=0)=>{c==0&&l==0?r(e,i,a,o,s):(c=dt(c,o/2,s/2),l=dt(l,o/2,s/2),t(e,i+c,a),n(e,i+o,a,i+o,a+s,c),n(e,i+o,a+s,i,a+s,l),n(e,i,a+s,i,a,l),n(e,i,a,i+o,a,c),e.closePath())}}var Wr=(e,t,n)=>{e.moveTo(t,n)},Gr=(e,t,n)=>{e.moveTo(n,t)},Kr=(e,t,n)=>{e.lineTo(t,n)},qr=(e,t,n)=>{e.lineTo(n,t)},Jr=Ur(0),Yr=Ur(1),Xr=(e,t,n,r,i,a)=>{e.arc(t,n,r,i,a)},Zr=(e,t,n,r,i,a)=>{e.arc(n,t,r,i,a)},Qr=(e,t,n,r,i,a,o)=>{e.bezierCurveTo(t,n,r,i,a,o)},$r=(e,t,n,r,i,a,o)=>{e.bezierCurveTo(n,t,i,r,o,a)};function ei(e){return(e,t,n,r,i)=>Fr(e,t,(t,a,o,s,c,l,u,d,f,p,m)=>{let{pxRound:h,points:g}=t,_,v;s.ori==0?(_=Wr,v=Xr):(_=Gr,v=Zr);let y=V(g.width*A,3),b=(g.size-g.width)/2*A,x=V(b*2,3),S=new Path2D,C=new Path2D,{left:w,top:T,width:E,height:ee}=e.bbox;Jr(C,w-x,T-x,E+x*2,ee+x*2);let te=e=>{if(o[e]!=null){let t=h(l(a[e],s,p,d)),n=h(u(o[e],c,m,f));_(S,t+b,n),v(S,t,n,b,0,st*2)}};if(i)i.forEach(te);else for(let e=n;e<=r;e++)te(e);return{stroke:y>0?S:null,fill:S,clip:C,flags:3}})}function ti(e){return(t,n,r,i,a,o)=>{r!=i&&(a!=r&&o!=r&&e(t,n,r),a!=i&&o!=i&&e(t,n,i),e(t,n,o))}}var ni=ti(Kr),ri=ti(qr);function ii(e){let t=P(e?.alignGaps,0);return(e,n,r,i)=>Fr(e,n,(a,o,s,c,l,u,d,f,p,m,h)=>{[r,i]=Ye(s,r,i);let g=a.pxRound,_=e=>g(u(e,c,m,f)),v=e=>g(d(e,l,h,p)),y,b;c.ori==0?(y=Kr,b=ni):(y=qr,b=ri);let x=c.dir*(c.ori==0?1:-1),S={stroke:new Path2D,fill:null,clip:null,band:null,gaps:null,flags:Nr},C=S.stroke,w=!1;if(i-r>=m*4){let t=t=>e.posToVal(t,c.key,!0),n=null,a=null,l,u,d,f=_(o[x==1?r:i]),p=_(o[r]),m=_(o[i]),h=t(x==1?p+1:m-1);for(let e=x==1?r:i;e>=r&&e<=i;e+=x){let r=o[e],i=(x==1?r<h:r>h)?f:_(r),c=s[e];i==f?c==null?c===null&&(w=!0):(u=c,n==null?(y(C,i,v(u)),l=n=a=u):u<n?n=u:u>a&&(a=u)):(n!=null&&b(C,f,v(n),v(a),v(l),v(u)),c==null?(n=a=null,c===null&&(w=!0)):(u=c,y(C,i,v(u)),n=a=l=u),f=i,h=t(f+x))}n!=null&&n!=a&&d!=f&&b(C,f,v(n),v(a),v(l),v(u))}else for(let e=x==1?r:i;e>=r&&e<=i;e+=x){let t=s[e];t===null?w=!0:t!=null&&y(C,_(o[e]),v(t))}let[T,E]=Ir(e,n);if(a.fill!=null||T!=0){let t=S.fill=new Path2D(C),s=v(a.fillTo(e,n,a.min,a.max,T)),c=_(o[r]),l=_(o[i]);x==-1&&([l,c]=[c,l]),y(t,l,s),y(t,c,s)}if(!a.spanGaps){let l=[];w&&l.push(...Vr(o,s,r,i,x,_,t)),S.gaps=l=a.gaps(e,n,r,i,l),S.clip=zr(l,c.ori,f,p,m,h)}return E!=0&&(S.band=E==2?[Rr(e,n,r,i,C,-1),Rr(e,n,r,i,C,1)]:Rr(e,n,r,i,C,E)),S})}function ai(e){let t=P(e.align,1),n=P(e.ascDesc,!1),r=P(e.alignGaps,0),i=P(e.extend,!1);return(e,a,o,s)=>Fr(e,a,(c,l,u,d,f,p,m,h,g,_,v)=>{[o,s]=Ye(u,o,s);let y=c.pxRound,{left:b,width:x}=e.bbox,S=e=>y(p(e,d,_,h)),C=e=>y(m(e,f,v,g)),w=d.ori==0?Kr:qr,T={stroke:new Path2D,fill:null,clip:null,band:null,gaps:null,flags:Nr},E=T.stroke,ee=d.dir*(d.ori==0?1:-1),te=C(u[ee==1?o:s]),ne=S(l[ee==1?o:s]),re=ne,ie=ne;i&&t==-1&&(ie=b,w(E,ie,te)),w(E,ne,te);for(let e=ee==1?o:s;e>=o&&e<=s;e+=ee){let n=u[e];if(n==null)continue;let r=S(l[e]),i=C(n);t==1?w(E,r,te):w(E,re,i),w(E,r,i),te=i,re=r}let ae=re;i&&t==1&&(ae=b+x,w(E,ae,te));let[oe,se]=Ir(e,a);if(c.fill!=null||oe!=0){let t=T.fill=new Path2D(E),n=C(c.fillTo(e,a,c.min,c.max,oe));w(t,ae,n),w(t,ie,n)}if(!c.spanGaps){let i=[];i.push(...Vr(l,u,o,s,ee,S,r));let f=c.width*A/2,p=n||t==1?f:-f,m=n||t==-1?-f:f;i.forEach(e=>{e[0]+=p,e[1]+=m}),T.gaps=i=c.gaps(e,a,o,s,i),T.clip=zr(i,d.ori,h,g,_,v)}return se!=0&&(T.band=se==2?[Rr(e,a,o,s,E,-1),Rr(e,a,o,s,E,1)]:Rr(e,a,o,s,E,se)),T})}function oi(e,t,n,r,i,a,o=z){if(e.length>1){let s=null;for(let c=0,l=1/0;c<e.length;c++)if(t[c]!==void 0){if(s!=null){let t=ct(e[c]-e[s]);t<l&&(l=t,o=ct(n(e[c],r,i,a)-n(e[s],r,i,a)))}s=c}}return o}function si(e){e||=It;let t=P(e.size,[.6,z,1]),n=e.align||0,r=e.gap||0,i=e.radius;i=i==null?[0,0]:typeof i==`number`?[i,0]:i;let a=B(i),o=1-t[0],s=P(t[1],z),c=P(t[2],1),l=P(e.disp,It),u=P(e.each,e=>{}),{fill:d,stroke:f}=l;return(e,t,i,p)=>Fr(e,t,(m,h,g,_,v,y,b,x,S,C,w)=>{let T=m.pxRound,E=n,ee=r*A,te=s*A,ne=c*A,re,ie;_.ori==0?[re,ie]=a(e,t):[ie,re]=a(e,t);let ae=_.dir*(_.ori==0?1:-1),oe=_.ori==0?Jr:Yr,se=_.ori==0?u:(e,t,n,r,i,a,o)=>{u(e,t,n,i,r,o,a)},ce=P(e.bands,Lt).find(e=>e.series[0]==t),le=ce==null?0:ce.dir,ue=m.fillTo(e,t,m.min,m.max,le),de=T(b(ue,v,w,S)),fe,pe,me,he=C,ge=T(m.width*A),D=!1,_e=null,ve=null,ye=null,be=null;d!=null&&(ge==0||f!=null)&&(D=!0,_e=d.values(e,t,i,p),ve=new Map,new Set(_e).forEach(e=>{e!=null&&ve.set(e,new Path2D)}),ge>0&&(ye=f.values(e,t,i,p),be=new Map,new Set(ye).forEach(e=>{e!=null&&be.set(e,new Path2D)})));let{x0:xe,size:Se}=l;if(xe!=null&&Se!=null){E=1,h=xe.values(e,t,i,p),xe.unit==2&&(h=h.map(t=>e.posToVal(x+t*C,_.key,!0)));let n=Se.values(e,t,i,p);pe=Se.unit==2?n[0]*C:y(n[0],_,C,x)-y(0,_,C,x),he=oi(h,g,y,_,C,x,he),me=he-pe+ee}else he=oi(h,g,y,_,C,x,he),me=he*o+ee,pe=he-me;me<1&&(me=0),ge>=pe/2&&(ge=0),me<5&&(T=Ct);let Ce=me>0,we=he-me-(Ce?ge:0);pe=T(bt(we,ne,te)),fe=(E==0?pe/2:E==ae?0:pe)-E*ae*((E==0?ee/2:0)+(Ce?ge/2:0));let O={stroke:null,fill:null,clip:null,band:null,gaps:null,flags:0},Te=D?null:new Path2D,Ee=null;if(ce!=null)Ee=e.data[ce.series[1]];else{let{y0:n,y1:r}=l;n!=null&&r!=null&&(g=r.values(e,t,i,p),Ee=n.values(e,t,i,p))}let De=re*pe,k=ie*pe;for(let n=ae==1?i:p;n>=i&&n<=p;n+=ae){let r=g[n];if(r==null)continue;if(Ee!=null){let e=Ee[n]??0;if(r-e==0)continue;de=b(e,v,w,S)}let i=y(_.distr!=2||l!=null?h[n]:n,_,C,x),a=b(P(r,ue),v,w,S),o=T(i-fe),s=T(ft(a,de)),c=T(dt(a,de)),u=s-c;if(r!=null){let i=r<0?k:De,a=r<0?De:k;D?(ge>0&&ye[n]!=null&&oe(be.get(ye[n]),o,c+R(ge/2),pe,ft(0,u-ge),i,a),_e[n]!=null&&oe(ve.get(_e[n]),o,c+R(ge/2),pe,ft(0,u-ge),i,a)):oe(Te,o,c+R(ge/2),pe,ft(0,u-ge),i,a),se(e,t,n,o-ge/2,c,pe+ge,u)}}return ge>0?O.stroke=D?be:Te:D||(O._fill=m.width==0?m._fill:m._stroke??m._fill,O.width=0),O.fill=D?ve:Te,O})}function ci(e,t){let n=P(t?.alignGaps,0);return(t,r,i,a)=>Fr(t,r,(o,s,c,l,u,d,f,p,m,h,g)=>{[i,a]=Ye(c,i,a);let _=o.pxRound,v=e=>_(d(e,l,h,p)),y=e=>_(f(e,u,g,m)),b,x,S;l.ori==0?(b=Wr,S=Kr,x=Qr):(b=Gr,S=qr,x=$r);let C=l.dir*(l.ori==0?1:-1),w=v(s[C==1?i:a]),T=w,E=[],ee=[];for(let e=C==1?i:a;e>=i&&e<=a;e+=C)if(c[e]!=null){let t=s[e],n=v(t);E.push(T=n),ee.push(y(c[e]))}let te={stroke:e(E,ee,b,S,x,_),fill:null,clip:null,band:null,gaps:null,flags:Nr},ne=te.stroke,[re,ie]=Ir(t,r);if(o.fill!=null||re!=0){let e=te.fill=new Path2D(ne),n=y(o.fillTo(t,r,o.min,o.max,re));S(e,T,n),S(e,w,n)}if(!o.spanGaps){let e=[];e.push(...Vr(s,c,i,a,C,v,n)),te.gaps=e=o.gaps(t,r,i,a,e),te.clip=zr(e,l.ori,p,m,h,g)}return ie!=0&&(te.band=ie==2?[Rr(t,r,i,a,ne,-1),Rr(t,r,i,a,ne,1)]:Rr(t,r,i,a,ne,ie)),te})}function li(e){return ci(ui,e)}function ui(e,t,n,r,i,a){let o=e.length;if(o<2)return null;let s=new Path2D;if(n(s,e[0],t[0]),o==2)r(s,e[1],t[1]);else{let n=Array(o),r=Array(o-1),a=Array(o-1),c=Array(o-1);for(let n=0;n<o-1;n++)a[n]=t[n+1]-t[n],c[n]=e[n+1]-e[n],r[n]=a[n]/c[n];n[0]=r[0];for(let e=1;e<o-1;e++)r[e]===0||r[e-1]===0||r[e-1]>0!=r[e]>0?n[e]=0:(n[e]=3*(c[e-1]+c[e])/((2*c[e]+c[e-1])/r[e-1]+(c[e]+2*c[e-1])/r[e]),isFinite(n[e])||(n[e]=0));n[o-1]=r[o-2];for(let r=0;r<o-1;r++)i(s,e[r]+c[r]/3,t[r]+n[r]*c[r]/3,e[r+1]-c[r]/3,t[r+1]-n[r+1]*c[r]/3,e[r+1],t[r+1])}return s}var di=new Set;function fi(){for(let e of di)e.syncRect(!0)}k&&(We(we,ke,fi),We(O,ke,fi,!0),We(Ee,ke,()=>{Oi.pxRatio=A}));var pi=ii(),mi=ei();function hi(e,t,n,r){return(r?[e[0],e[1]].concat(e.slice(2)):[e[0]].concat(e.slice(1))).map((e,r)=>_i(e,r,t,n))}function gi(e,t){return e.map((e,n)=>n==0?{}:H({},t,e))}function _i(e,t,n,r){return H({},t==0?n:r,e)}function vi(e,t,n){return t==null?Rt:[t,n]}var yi=vi;function bi(e,t,n){return t==null?Rt:it(t,n,et,!0)}function xi(e,t,n,r){return t==null?Rt:Qe(t,n,e.scales[r].log,!1)}var Si=xi;function Ci(e,t,n,r){return t==null?Rt:$e(t,n,e.scales[r].log,!1)}var wi=Ci;function Ti(e,t,n,r,i){let a=ft(yt(e),yt(t)),o=t-e,s=Ke(i/r*o,n);do{let e=n[s],t=r*e/o;if(t>=i&&a+(e<5?Nt.get(e):0)<=17)return[e,t]}while(++s<n.length);return[0,0]}function Ei(e){let t,n;return e=e.replace(/(\d+)px/,(e,r)=>(t=lt((n=+r)*A))+`px`),[e,t,n]}function Di(e){e.show&&[e.font,e.labelFont].forEach(e=>{let t=V(e[2]*A,1);e[0]=e[0].replace(/[0-9.]+px/,t+`px`),e[1]=t})}function Oi(e,t,n){let r={mode:P(e.mode,1)},i=r.mode;function a(e,t,n,r){let i=t.valToPct(e);return r+n*(t.dir==-1?1-i:i)}function o(e,t,n,r){let i=t.valToPct(e);return r+n*(t.dir==-1?i:1-i)}function s(e,t,n,r){return t.ori==0?a(e,t,n,r):o(e,t,n,r)}r.valToPosH=a,r.valToPosV=o;let c=!1;r.status=0;let l=r.root=Ie(v);if(e.id!=null&&(l.id=e.id),Ne(l,e.class),e.title){let t=Ie(x,l);t.textContent=e.title}let u=Fe(`canvas`),d=r.ctx=u.getContext(`2d`),f=Ie(S,l);We(`click`,f,e=>{e.target===m&&(Y!=Pi||X!=Fi)&&zi.click(r,e)},!0);let p=r.under=Ie(C,f);f.appendChild(u);let m=r.over=Ie(w,f);e=qt(e);let h=+P(e.pxAlign,1),g=Hr(h);(e.plugins||[]).forEach(t=>{t.opts&&(e=t.opts(r,e)||e)});let _=e.ms||.001,D=r.series=i==1?hi(e.series||[],cr,Dr,!1):gi(e.series||[null],Er),we=r.axes=hi(e.axes||[],ar,xr,!0),O=r.scales={},Te=r.bands=e.bands||[];Te.forEach(e=>{e.fill=B(e.fill||null),e.dir=P(e.dir,-1)});let k=i==2?D[1].facets[0].scale:D[0].scale,Ae={axes:ni,series:Gr},je=(e.drawOrder||[`axes`,`series`]).map(e=>Ae[e]);function Me(e){let t=e.distr==3?t=>ht(t>0?t:e.clamp(r,t,e.min,e.max,e.key)):e.distr==4?t=>vt(t,e.asinh):e.distr==100?t=>e.fwd(t):e=>e;return n=>{let r=t(n),{_min:i,_max:a}=e,o=a-i;return(r-i)/o}}function Le(t){let n=O[t];if(n==null){let r=(e.scales||It)[t]||It;if(r.from!=null){Le(r.from);let e=H({},O[r.from],r,{key:t});e.valToPct=Me(e),O[t]=e}else{n=O[t]=H({},t==k?kr:Ar,r),n.key=t;let e=n.time,a=n.range,o=zt(a);if((t!=k||i==2&&!e)&&(o&&(a[0]==null||a[1]==null)&&(a={min:a[0]==null?tt:{mode:1,hard:a[0],soft:a[0]},max:a[1]==null?tt:{mode:1,hard:a[1],soft:a[1]}},o=!1),!o&&Ut(a))){let e=a;a=(t,n,r)=>n==null?Rt:it(n,r,e)}n.range=B(a||(e?yi:t==k?n.distr==3?Si:n.distr==4?wi:vi:n.distr==3?xi:n.distr==4?Ci:bi)),n.auto=B(!o&&n.auto),n.clamp=B(n.clamp||Or),n._min=n._max=null,n.valToPct=Me(n)}}}Le(`x`),Le(`y`),i==1&&D.forEach(e=>{Le(e.scale)}),we.forEach(e=>{Le(e.scale)});for(let t in e.scales)Le(t);let M=O[k],Be=M.distr,He,Ue;M.ori==0?(Ne(l,y),He=a,Ue=o):(Ne(l,b),He=o,Ue=a);let N={};for(let e in O){let t=O[e];(t.min!=null||t.max!=null)&&(N[e]={min:t.min,max:t.max},t.min=t.max=null)}let qe=e.tzDate||(e=>new Date(lt(e/_))),Je=e.fmtDate||un,Ye=_==1?jn(qe):Pn(qe),Xe=In(qe,Fn(_==1?An:Nn,Je)),nt=Vn(qe,zn(Bn,Je)),rt=[],F=r.legend=H({},Wn,e.legend),I=r.cursor=H({},$n,{drag:{y:i==2}},e.cursor),ot=F.show,L=I.show,R=F.markers;F.idxs=rt,R.width=B(R.width),R.dash=B(R.dash),R.stroke=B(R.stroke),R.fill=B(R.fill);let mt,gt,yt,St=[],Ct=[],Ot,kt=!1,jt={};if(F.live){let e=D[1]?D[1].values:null;kt=e!=null,Ot=kt?e(r,1,0):{_:0};for(let e in Ot)jt[e]=De}if(ot){if(mt=Fe(`table`,ie,l),yt=Fe(`tbody`,null,mt),F.mount(r,mt),kt){gt=Fe(`thead`,null,mt,yt);let e=Fe(`tr`,null,gt);for(var Mt in Fe(`th`,null,e),Ot)Fe(`th`,le,e).textContent=Mt}else Ne(mt,oe),F.live&&Ne(mt,ae)}let Ft={show:!0},Bt={show:!1};function Gt(e,t){if(t==0&&(kt||!F.live||i==2))return Rt;let n=[],a=Fe(`tr`,se,yt,yt.childNodes[t]);Ne(a,e.class),e.show||Ne(a,E);let o=Fe(`th`,null,a);if(R.show){let e=Ie(ce,o);if(t>0){let n=R.width(r,t);n&&(e.style.border=n+`px `+R.dash(r,t)+` `+R.stroke(r,t)),e.style.background=R.fill(r,t)}}let s=Ie(le,o);for(var c in e.label instanceof HTMLElement?s.appendChild(e.label):s.textContent=e.label,t>0&&(R.show||(s.style.color=e.width>0?R.stroke(r,t):R.fill(r,t)),Jt(`click`,o,t=>{if(I._lock)return;Tn(t);let n=D.indexOf(e);if((t.ctrlKey||t.metaKey)!=F.isolate){let e=D.some((e,t)=>t>0&&t!=n&&e.show);D.forEach((t,r)=>{r>0&&Ki(r,e?r==n?Ft:Bt:Ft,!0,$.setSeries)})}else Ki(n,{show:!e.show},!0,$.setSeries)},!1),Dn&&Jt(xe,o,t=>{I._lock||(Tn(t),Ki(D.indexOf(e),ea,!0,$.setSeries))},!1)),Ot){let e=Fe(`td`,ue,a);e.textContent=`--`,n.push(e)}return[a,n]}let Kt=new Map;function Jt(e,t,n,i=!0){let a=Kt.get(t)||{},o=I.bind[e](r,t,n,i);o&&(We(e,t,a[e]=o),Kt.set(t,a))}function Yt(e,t,n){let r=Kt.get(t)||{};for(let n in r)(e==null||n==e)&&(Ge(n,t,r[n]),delete r[n]);e??Kt.delete(t)}let Xt=0,Zt=0,U=0,W=0,$t=0,en=0,tn=$t,nn=en,rn=U,an=W,on=0,sn=0,cn=0,ln=0;r.bbox={};let dn=!1,fn=!1,pn=!1,mn=!1,hn=!1,gn=!1;function yn(e,t,n){(n||e!=r.width||t!=r.height)&&bn(e,t),ri(!1),pn=!0,fn=!0,ci()}function bn(e,t){r.width=Xt=U=e,r.height=Zt=W=t,$t=en=0,Cn(),wn();let n=r.bbox;on=n.left=At($t*A,.5),sn=n.top=At(en*A,.5),cn=n.width=At(U*A,.5),ln=n.height=At(W*A,.5)}function xn(){let e=!1,t=0;for(;!e;){t++;let n=ei(t),i=ti(t);e=t==3||n&&i,e||(bn(r.width,r.height),fn=!0)}}function Sn({width:e,height:t}){yn(e,t)}r.setSize=Sn;function Cn(){let e=!1,t=!1,n=!1,r=!1;we.forEach((i,a)=>{if(i.show&&i._show){let{side:a,_size:o}=i,s=a%2,c=o+(i.label==null?0:i.labelSize);c>0&&(s?(U-=c,a==3?($t+=c,r=!0):n=!0):(W-=c,a==0?(en+=c,e=!0):t=!0))}}),Jn[0]=e,Jn[1]=n,Jn[2]=t,Jn[3]=r,U-=Qn[1]+Qn[3],$t+=Qn[3],W-=Qn[2]+Qn[0],en+=Qn[0]}function wn(){let e=$t+U,t=en+W,n=$t,r=en;function i(i,a){switch(i){case 1:return e+=a,e-a;case 2:return t+=a,t-a;case 3:return n-=a,n+a;case 0:return r-=a,r+a}}we.forEach((e,t)=>{if(e.show&&e._show){let t=e.side;e._pos=i(t,e._size),e.label!=null&&(e._lpos=i(t,e.labelSize))}})}if(I.dataIdx==null){let e=I.hover,n=e.skip=new Set(e.skip??[]);n.add(void 0);let r=e.prox=B(e.prox),i=e.bias??=0;I.dataIdx=(e,a,o,s)=>{if(a==0)return o;let c=o,l=r(e,a,o,s)??z,u=l>=0&&l<z,d=M.ori==0?U:W,f=I.left,p=t[0],m=t[a];if(n.has(m[o])){c=null;let e=null,t=null,r;if(i==0||i==-1)for(r=o;e==null&&r-->0;)n.has(m[r])||(e=r);if(i==0||i==1)for(r=o;t==null&&r++<m.length;)n.has(m[r])||(t=r);if(e!=null||t!=null){if(u){let n=e==null?-1/0:He(p[e],M,d,0),r=t==null?1/0:He(p[t],M,d,0),i=f-n,a=r-f;i<=a?i<=l&&(c=e):a<=l&&(c=t)}else c=t==null?e:e==null?t:o-e<=t-o?e:t}}else u&&ct(f-He(p[o],M,d,0))>l&&(c=null);return c}}let Tn=e=>{I.event=e};I.idxs=rt,I._lock=!1;let G=I.points;G.show=B(G.show),G.size=B(G.size),G.stroke=B(G.stroke),G.width=B(G.width),G.fill=B(G.fill);let En=r.focus=H({},e.focus||{alpha:.3},I.focus),Dn=En.prox>=0,K=Dn&&G.one,On=[],Rn=[],Hn=[];function Un(e,t){let n=G.show(r,t);if(n instanceof HTMLElement)return Ne(n,re),Ne(n,e.class),Re(n,-10,-10,U,W),m.insertBefore(n,On[t]),n}function Gn(e,t){if(i==1||t>0){let t=i==1&&O[e.scale].time,n=e.value;e.value=t?Ht(n)?Vn(qe,zn(n,Je)):n||nt:n||br,e.label=e.label||(t?sr:or)}if(K||t>0){e.width=e.width==null?1:e.width,e.paths=e.paths||pi||Tt,e.fillTo=B(e.fillTo||Lr),e.pxAlign=+P(e.pxAlign,h),e.pxRound=Hr(e.pxAlign),e.stroke=B(e.stroke||null),e.fill=B(e.fill||null),e._stroke=e._fill=e._paths=e._focus=null;let t=Sr(ft(1,e.width),1),n=e.points=H({},{size:t,width:ft(1,t*.2),stroke:e.stroke,space:t*2,paths:mi,_stroke:null,_fill:null},e.points);n.show=B(n.show),n.filter=B(n.filter),n.fill=B(n.fill),n.stroke=B(n.stroke),n.paths=B(n.paths),n.pxAlign=e.pxAlign}if(ot){let n=Gt(e,t);St.splice(t,0,n[0]),Ct.splice(t,0,n[1]),F.values.push(null)}if(L){rt.splice(t,0,null);let n=null;K?t==0&&(n=Un(e,t)):t>0&&(n=Un(e,t)),On.splice(t,0,n),Rn.splice(t,0,0),Hn.splice(t,0,0)}Oa(`addSeries`,t)}function Kn(e,t){t??=D.length,e=i==1?_i(e,t,cr,Dr):_i(e,t,{},Er),D.splice(t,0,e),Gn(D[t],t)}r.addSeries=Kn;function qn(e){if(D.splice(e,1),ot){F.values.splice(e,1),Ct.splice(e,1);let t=St.splice(e,1)[0];Yt(null,t.firstChild),t.remove()}L&&(rt.splice(e,1),On.splice(e,1)[0].remove(),Rn.splice(e,1),Hn.splice(e,1)),Oa(`delSeries`,e)}r.delSeries=qn;let Jn=[!1,!1,!1,!1];function Yn(e,t){if(e._show=e.show,e.show){let n=e.side%2,i=O[e.scale];i??=(e.scale=n?D[1].scale:k,O[e.scale]);let a=i.time;e.size=B(e.size),e.space=B(e.space),e.rotate=B(e.rotate),zt(e.incrs)&&e.incrs.forEach(e=>{!Nt.has(e)&&Nt.set(e,Pt(e))}),e.incrs=B(e.incrs||(i.distr==2?_n:a?_==1?kn:Mn:vn)),e.splits=B(e.splits||(a&&i.distr==1?Ye:i.distr==3?dr:i.distr==4?fr:ur)),e.stroke=B(e.stroke),e.grid.stroke=B(e.grid.stroke),e.ticks.stroke=B(e.ticks.stroke),e.border.stroke=B(e.border.stroke);let o=e.values;e.values=zt(o)&&!zt(o[0])?B(o):a?zt(o)?In(qe,Fn(o,Je)):Ht(o)?Ln(qe,o):o||Xe:o||lr,e.filter=B(e.filter||(i.distr>=3&&i.log==10?vr:i.distr==3&&i.log==2?yr:wt)),e.font=Ei(e.font),e.labelFont=Ei(e.labelFont),e._size=e.size(r,null,t,0),e._space=e._rotate=e._incrs=e._found=e._splits=e._values=null,e._size>0&&(Jn[t]=!0,e._el=Ie(T,f))}}function Xn(e,t,n,r){let[i,a,o,s]=n,c=t%2,l=0;return c==0&&(s||a)&&(l=t==0&&!i||t==2&&!o?lt(ar.size/3):0),c==1&&(i||o)&&(l=t==1&&!a||t==3&&!s?lt(xr.size/2):0),l}let Zn=r.padding=(e.padding||[Xn,Xn,Xn,Xn]).map(e=>B(P(e,Xn))),Qn=r._padding=Zn.map((e,t)=>e(r,t,Jn,0)),er,q=null,J=null,tr=i==1?D[0].idxs:null,nr=null,rr=!1;function ir(e,n){if(t=e??[],r.data=r._data=t,i==2){er=0;for(let e=1;e<D.length;e++)er+=t[e][0].length}else{t.length==0&&(r.data=r._data=t=[[]]),nr=t[0],er=nr.length;let e=t;if(Be==2){e=t.slice();let n=e[0]=Array(er);for(let e=0;e<er;e++)n[e]=e}r._data=t=e}if(ri(!0),Oa(`setData`),Be==2&&(pn=!0),n!==!1){let e=M;e.auto(r,rr)?pr():Gi(k,e.min,e.max),mn||=I.left>=0,gn=!0,ci()}}r.setData=ir;function pr(){rr=!0;let e,n;i==1&&(er>0?(q=tr[0]=0,J=tr[1]=er-1,e=t[0][q],n=t[0][J],Be==2?(e=q,n=J):e==n&&(Be==3?[e,n]=Qe(e,e,M.log,!1):Be==4?[e,n]=$e(e,e,M.log,!1):M.time?n=e+lt(86400/_):[e,n]=it(e,n,et,!0))):(q=tr[0]=e=null,J=tr[1]=n=null)),Gi(k,e,n)}let mr,hr,gr,_r,Cr,wr,Tr,jr,Fr,Ir;function Rr(e,t,n,r,i,a){e??=_e,n??=Lt,r??=`butt`,i??=_e,a??=`round`,e!=mr&&(d.strokeStyle=mr=e),i!=hr&&(d.fillStyle=hr=i),t!=gr&&(d.lineWidth=gr=t),a!=Cr&&(d.lineJoin=Cr=a),r!=wr&&(d.lineCap=wr=r),n!=_r&&d.setLineDash(_r=n)}function zr(e,t,n,r){t!=hr&&(d.fillStyle=hr=t),e!=Tr&&(d.font=Tr=e),n!=jr&&(d.textAlign=jr=n),r!=Fr&&(d.textBaseline=Fr=r)}function Br(e,t,n,i,a=0){if(i.length>0&&e.auto(r,rr)&&(t==null||t.min==null)){let t=P(q,0),r=P(J,i.length-1),o=n.min==null?Ze(i,t,r,a,e.distr==3):[n.min,n.max];e.min=dt(e.min,n.min=o[0]),e.max=ft(e.max,n.max=o[1])}}let Vr={min:null,max:null};function Ur(){for(let e in O){let t=O[e];N[e]==null&&(t.min==null||N[k]!=null&&t.auto(r,rr))&&(N[e]=Vr)}for(let e in O){let t=O[e];N[e]==null&&t.from!=null&&N[t.from]!=null&&(N[e]=Vr)}N[k]!=null&&ri(!0);let e={};for(let t in N){let n=N[t];if(n!=null){let a=e[t]=qt(O[t],Wt);if(n.min!=null)H(a,n);else if(t!=k||i==2){if(er==0&&a.from==null){let e=a.range(r,null,null,t);a.min=e[0],a.max=e[1]}else a.min=z,a.max=-1/0}}}if(er>0){D.forEach((n,a)=>{if(i==1){let i=n.scale,o=N[i];if(o==null)return;let s=e[i];if(a==0){let e=s.range(r,s.min,s.max,i);s.min=e[0],s.max=e[1],q=Ke(s.min,t[0]),J=Ke(s.max,t[0]),J-q>1&&(t[0][q]<s.min&&q++,t[0][J]>s.max&&J--),n.min=nr[q],n.max=nr[J]}else n.show&&n.auto&&Br(s,o,n,t[a],n.sorted);n.idxs[0]=q,n.idxs[1]=J}else if(a>0&&n.show&&n.auto){let[r,i]=n.facets,o=r.scale,s=i.scale,[c,l]=t[a],u=e[o],d=e[s];u!=null&&Br(u,N[o],r,c,r.sorted),d!=null&&Br(d,N[s],i,l,i.sorted),n.min=i.min,n.max=i.max}});for(let t in e){let n=e[t],i=N[t];if(n.from==null&&(i==null||i.min==null)){let e=n.range(r,n.min==z?null:n.min,n.max==-1/0?null:n.max,t);n.min=e[0],n.max=e[1]}}}for(let t in e){let n=e[t];if(n.from!=null){let i=e[n.from];if(i.min==null)n.min=n.max=null;else{let e=n.range(r,i.min,i.max,t);n.min=e[0],n.max=e[1]}}}let n={},a=!1;for(let t in e){let r=e[t],i=O[t];if(i.min!=r.min||i.max!=r.max){i.min=r.min,i.max=r.max;let e=i.distr;i._min=e==3?ht(i.min):e==4?vt(i.min,i.asinh):e==100?i.fwd(i.min):i.min,i._max=e==3?ht(i.max):e==4?vt(i.max,i.asinh):e==100?i.fwd(i.max):i.max,n[t]=a=!0}}if(a){D.forEach((e,t)=>{i==2?t>0&&n.y&&(e._paths=null):n[e.scale]&&(e._paths=null)});for(let e in n)pn=!0,Oa(`setScale`,e);L&&I.left>=0&&(mn=gn=!0)}for(let e in N)N[e]=null}function Wr(e){let t=bt(q-1,0,er-1),n=bt(J+1,0,er-1);for(;e[t]==null&&t>0;)t--;for(;e[n]==null&&n<er-1;)n++;return[t,n]}function Gr(){if(er>0){let e=D.some(e=>e._focus)&&Ir!=En.alpha;e&&(d.globalAlpha=Ir=En.alpha),D.forEach((e,n)=>{if(n>0&&e.show&&(Kr(n,!1),Kr(n,!0),e._paths==null)){let a=Ir;Ir!=e.alpha&&(d.globalAlpha=Ir=e.alpha);let o=i==2?[0,t[n][0].length-1]:Wr(t[n]);e._paths=e.paths(r,n,o[0],o[1]),Ir!=a&&(d.globalAlpha=Ir=a)}}),D.forEach((e,t)=>{if(t>0&&e.show){let n=Ir;Ir!=e.alpha&&(d.globalAlpha=Ir=e.alpha),e._paths!=null&&qr(t,!1);{let n=e._paths==null?null:e._paths.gaps,i=e.points.show(r,t,q,J,n),a=e.points.filter(r,t,i,n);(i||a)&&(e.points._paths=e.points.paths(r,t,q,J,a),qr(t,!0))}Ir!=n&&(d.globalAlpha=Ir=n),Oa(`drawSeries`,t)}}),e&&(d.globalAlpha=Ir=1)}}function Kr(e,t){let n=t?D[e].points:D[e];n._stroke=n.stroke(r,e),n._fill=n.fill(r,e)}function qr(e,t){let n=t?D[e].points:D[e],{stroke:r,fill:i,clip:a,flags:o,_stroke:s=n._stroke,_fill:c=n._fill,_width:l=n.width}=n._paths;l=V(l*A,3);let u=null,f=l%2/2;t&&c==null&&(c=l>0?`#fff`:s);let p=n.pxAlign==1&&f>0;if(p&&d.translate(f,f),!t){let e=on-l/2,t=sn-l/2,n=cn+l,r=ln+l;u=new Path2D,u.rect(e,t,n,r)}t?Yr(s,l,n.dash,n.cap,c,r,i,o,a):Jr(e,s,l,n.dash,n.cap,c,r,i,o,u,a),p&&d.translate(-f,-f)}function Jr(e,n,i,a,o,s,c,l,u,d,f){let p=!1;u!=0&&Te.forEach((m,h)=>{if(m.series[0]==e){let e=D[m.series[1]],g=t[m.series[1]],_=(e._paths||It).band;zt(_)&&(_=m.dir==1?_[0]:_[1]);let v,y=null;e.show&&_&&at(g,q,J)?(y=m.fill(r,h)||s,v=e._paths.clip):_=null,Yr(n,i,a,o,y,c,l,u,d,f,v,_),p=!0}}),p||Yr(n,i,a,o,s,c,l,u,d,f)}function Yr(e,t,n,r,i,a,o,s,c,l,u,f){Rr(e,t,n,r,i),(c||l||f)&&(d.save(),c&&d.clip(c),l&&d.clip(l)),f?(s&3)==3?(d.clip(f),u&&d.clip(u),Zr(i,o),Xr(e,a,t)):s&Pr?(Zr(i,o),d.clip(f),Xr(e,a,t)):s&Nr&&(d.save(),d.clip(f),u&&d.clip(u),Zr(i,o),d.restore(),Xr(e,a,t)):(Zr(i,o),Xr(e,a,t)),(c||l||f)&&d.restore()}function Xr(e,t,n){n>0&&(t instanceof Map?t.forEach((e,t)=>{d.strokeStyle=mr=t,d.stroke(e)}):t!=null&&e&&d.stroke(t))}function Zr(e,t){t instanceof Map?t.forEach((e,t)=>{d.fillStyle=hr=t,d.fill(e)}):t!=null&&e&&d.fill(t)}function Qr(e,t,n,i){let a=we[e],o;if(i<=0)o=[0,0];else{let s=a._space=a.space(r,e,t,n,i);o=Ti(t,n,a._incrs=a.incrs(r,e,t,n,i,s),i,s)}return a._found=o}function $r(e,t,n,r,i,a,o,s,c,l){let u=o%2/2;h==1&&d.translate(u,u),Rr(s,o,c,l,s),d.beginPath();let f,p,m,g,_=i+(r==0||r==3?-a:a);n==0?(p=i,g=_):(f=i,m=_);for(let r=0;r<e.length;r++)t[r]!=null&&(n==0?f=m=e[r]:p=g=e[r],d.moveTo(f,p),d.lineTo(m,g));d.stroke(),h==1&&d.translate(-u,-u)}function ei(e){let t=!0;return we.forEach((n,i)=>{if(!n.show)return;let a=O[n.scale];if(a.min==null){n._show&&(t=!1,n._show=!1,ri(!1));return}n._show||(t=!1,n._show=!0,ri(!1));let o=n.side,s=o%2,{min:c,max:l}=a,[u,d]=Qr(i,c,l,s==0?U:W);if(d==0)return;let f=a.distr==2,p=n._splits=n.splits(r,i,c,l,u,d,f),m=a.distr==2?p.map(e=>nr[e]):p,h=a.distr==2?nr[p[1]]-nr[p[0]]:u,g=n._values=n.values(r,n.filter(r,m,i,d,h),i,d,h);n._rotate=o==2?n.rotate(r,g,i,d):0;let _=n._size;n._size=ut(n.size(r,g,i,e)),_!=null&&n._size!=_&&(t=!1)}),t}function ti(e){let t=!0;return Zn.forEach((n,i)=>{let a=n(r,i,Jn,e);a!=Qn[i]&&(t=!1),Qn[i]=a}),t}function ni(){for(let e=0;e<we.length;e++){let t=we[e];if(!t.show||!t._show)continue;let n=t.side,i=n%2,a,o,c=t.stroke(r,e),l=n==0||n==3?-1:1,[u,f]=t._found;if(t.label!=null){let s=t.labelGap*l,p=lt((t._lpos+s)*A);zr(t.labelFont[0],c,`center`,n==2?pe:me),d.save(),i==1?(a=o=0,d.translate(p,lt(sn+ln/2)),d.rotate((n==3?-st:st)/2)):(a=lt(on+cn/2),o=p);let m=xt(t.label)?t.label(r,e,u,f):t.label;d.fillText(m,a,o),d.restore()}if(f==0)continue;let p=O[t.scale],m=i==0?cn:ln,h=i==0?on:sn,_=t._splits,v=p.distr==2?_.map(e=>nr[e]):_,y=p.distr==2?nr[_[1]]-nr[_[0]]:u,b=t.ticks,x=t.border,S=b.show?b.size:0,C=lt(S*A),w=lt((t.alignTo==2?t._size-S-t.gap:t.gap)*A),T=t._rotate*-st/180,E=g(t._pos*A),ee=E+(C+w)*l;o=i==0?ee:0,a=i==1?ee:0;let te=t.font[0];zr(te,c,t.align==1?he:t.align==2?ge:T>0?he:T<0?ge:i==0?`center`:n==3?ge:he,T||i==1?`middle`:n==2?pe:me);let ne=t.font[1]*t.lineGap,re=_.map(e=>g(s(e,p,m,h))),ie=t._values;for(let e=0;e<ie.length;e++){let t=ie[e];if(t!=null){i==0?a=re[e]:o=re[e],t=``+t;let n=t.indexOf(`
`)==-1?[t]:t.split(/\n/gm);for(let e=0;e<n.length;e++){let t=n[e];T?(d.save(),d.translate(a,o+e*ne),d.rotate(T),d.fillText(t,0,0),d.restore()):d.fillText(t,a,o+e*ne)}}}b.show&&$r(re,b.filter(r,v,e,f,y),i,n,E,C,V(b.width*A,3),b.stroke(r,e),b.dash,b.cap);let ae=t.grid;ae.show&&$r(re,ae.filter(r,v,e,f,y),i,i==0?2:1,i==0?sn:on,i==0?ln:cn,V(ae.width*A,3),ae.stroke(r,e),ae.dash,ae.cap),x.show&&$r([E],[1],+(i==0),i==0?1:2,i==1?sn:on,i==1?ln:cn,V(x.width*A,3),x.stroke(r,e),x.dash,x.cap)}Oa(`drawAxes`)}function ri(e){D.forEach((t,n)=>{n>0&&(t._paths=null,e&&(i==1?(t.min=null,t.max=null):t.facets.forEach(e=>{e.min=null,e.max=null})))})}let ii=!1,ai=!1,oi=[];function si(){ai=!1;for(let e=0;e<oi.length;e++)Oa(...oi[e]);oi.length=0}function ci(){ii||=(Qt(ui),!0)}function li(e,t=!1){ii=!0,ai=t,e(r),ui(),t&&oi.length>0&&queueMicrotask(si)}r.batch=li;function ui(){if(dn&&=(Ur(),!1),pn&&=(xn(),!1),fn){if(j(p,he,$t),j(p,pe,en),j(p,de,U),j(p,fe,W),j(m,he,$t),j(m,pe,en),j(m,de,U),j(m,fe,W),j(f,de,Xt),j(f,fe,Zt),u.width=lt(Xt*A),u.height=lt(Zt*A),we.forEach(({_el:e,_show:t,_size:n,_pos:r,side:i})=>{if(e!=null){if(t){let t=i===3||i===0?n:0,a=i%2==1;j(e,a?`left`:`top`,r-t),j(e,a?`width`:`height`,n),j(e,a?`top`:`left`,a?en:$t),j(e,a?`height`:`width`,a?W:U),Pe(e,E)}else Ne(e,E)}}),mr=hr=gr=Cr=wr=Tr=jr=Fr=_r=null,Ir=1,pa(!0),$t!=tn||en!=nn||U!=rn||W!=an){ri(!1);let e=U/rn,t=W/an;if(L&&!mn&&I.left>=0){I.left*=e,I.top*=t,Ai&&Re(Ai,lt(I.left),0,U,W),ji&&Re(ji,0,lt(I.top),U,W);for(let n=0;n<On.length;n++){let r=On[n];r!=null&&(Rn[n]*=e,Hn[n]*=t,Re(r,ut(Rn[n]),ut(Hn[n]),U,W))}}if(Z.show&&!hn&&Z.left>=0&&Z.width>0){Z.left*=e,Z.width*=e,Z.top*=t,Z.height*=t;for(let e in ha)j(Hi,e,Z[e])}tn=$t,nn=en,rn=U,an=W}Oa(`setSize`),fn=!1}Xt>0&&Zt>0&&(d.clearRect(0,0,u.width,u.height),Oa(`drawClear`),je.forEach(e=>e()),Oa(`draw`)),Z.show&&hn&&(Ui(Z),hn=!1),L&&mn&&(da(null,!0,!1),mn=!1),F.show&&F.live&&gn&&(la(),gn=!1),c||(c=!0,r.status=1,Oa(`ready`)),rr=!1,ii=!1}r.redraw=(e,t)=>{pn=t||!1,e===!1?ci():Gi(k,M.min,M.max)};function fi(e,n){let i=O[e];if(i.from==null){if(er==0){let t=i.range(r,n.min,n.max,e);n.min=t[0],n.max=t[1]}if(n.min>n.max){let e=n.min;n.min=n.max,n.max=e}if(er>1&&n.min!=null&&n.max!=null&&n.max-n.min<1e-16)return;e==k&&i.distr==2&&er>0&&(n.min=Ke(n.min,t[0]),n.max=Ke(n.max,t[0]),n.min==n.max&&n.max++),N[e]=n,dn=!0,ci()}}r.setScale=fi;let Oi,ki,Ai,ji,Mi,Ni,Pi,Fi,Ii,Li,Y,X,Ri=!1,zi=I.drag,Bi=zi.x,Vi=zi.y;L&&(I.x&&(Oi=Ie(te,m)),I.y&&(ki=Ie(ne,m)),M.ori==0?(Ai=Oi,ji=ki):(Ai=ki,ji=Oi),Y=I.left,X=I.top);let Z=r.select=H({show:!0,over:!0,left:0,width:0,top:0,height:0},e.select),Hi=Z.show?Ie(ee,Z.over?m:p):null;function Ui(e,t){if(Z.show){for(let t in e)Z[t]=e[t],t in ha&&j(Hi,t,e[t]);t!==!1&&Oa(`setSelect`)}}r.setSelect=Ui;function Wi(e){if(D[e].show)ot&&Pe(St[e],E);else if(ot&&Ne(St[e],E),L){let t=K?On[0]:On[e];t!=null&&Re(t,-10,-10,U,W)}}function Gi(e,t,n){fi(e,{min:t,max:n})}function Ki(e,t,n,a){t.focus!=null&&ta(e),t.show!=null&&D.forEach((n,r)=>{r>0&&(e==r||e==null)&&(n.show=t.show,Wi(r),i==2?(Gi(n.facets[0].scale,null,null),Gi(n.facets[1].scale,null,null)):Gi(n.scale,null,null),ci())}),n!==!1&&Oa(`setSeries`,e,t),a&&Ma(`setSeries`,r,e,t)}r.setSeries=Ki;function qi(e,t){H(Te[e],t)}function Ji(e,t){e.fill=B(e.fill||null),e.dir=P(e.dir,-1),t??=Te.length,Te.splice(t,0,e)}function Yi(e){e==null?Te.length=0:Te.splice(e,1)}r.addBand=Ji,r.setBand=qi,r.delBand=Yi;function Xi(e,t){D[e].alpha=t,L&&On[e]!=null&&(On[e].style.opacity=t),ot&&St[e]&&(St[e].style.opacity=t)}let Zi,Qi,$i,ea={focus:!0};function ta(e){if(e!=$i){let t=e==null,n=En.alpha!=1;D.forEach((r,a)=>{if(i==1||a>0){let i=t||a==0||a==e;r._focus=t?null:i,n&&Xi(a,i?1:En.alpha)}}),$i=e,n&&ci()}}ot&&Dn&&Jt(Se,mt,e=>{I._lock||(Tn(e),$i!=null&&Ki(null,ea,!0,$.setSeries))});function na(e,t,n){let r=O[t];n&&(e=e/A-(r.ori==1?en:$t));let i=U;r.ori==1&&(i=W,e=i-e),r.dir==-1&&(e=i-e);let a=r._min,o=r._max,s=e/i,c=a+(o-a)*s,l=r.distr;return l==3?pt(10,c):l==4?_t(c,r.asinh):l==100?r.bwd(c):c}function ra(e,n){return Ke(na(e,k,n),t[0],q,J)}r.valToIdx=e=>Ke(e,t[0]),r.posToIdx=ra,r.posToVal=na,r.valToPos=(e,t,n)=>O[t].ori==0?a(e,O[t],n?cn:U,n?on:0):o(e,O[t],n?ln:W,n?sn:0),r.setCursor=(e,t,n)=>{Y=e.left,X=e.top,da(null,t,n)};function ia(e,t){j(Hi,he,Z.left=e),j(Hi,de,Z.width=t)}function aa(e,t){j(Hi,pe,Z.top=e),j(Hi,fe,Z.height=t)}let oa=M.ori==0?ia:aa,sa=M.ori==1?ia:aa;function ca(){if(ot&&F.live)for(let e=+(i==2);e<D.length;e++){if(e==0&&kt)continue;let t=F.values[e],n=0;for(let r in t)Ct[e][n++].firstChild.nodeValue=t[r]}}function la(e,t){if(e!=null&&(e.idxs?e.idxs.forEach((e,t)=>{rt[t]=e}):Vt(e.idx)||rt.fill(e.idx),F.idx=rt[0]),ot&&F.live){for(let e=0;e<D.length;e++)(e>0||i==1&&!kt)&&ua(e,rt[e]);ca()}gn=!1,t!==!1&&Oa(`setLegend`)}r.setLegend=la;function ua(e,n){let i=D[e],a=e==0&&Be==2?nr:t[e],o;kt?o=i.values(r,e,n)??jt:(o=i.value(r,n==null?null:a[n],e,n),o=o==null?jt:{_:o}),F.values[e]=o}function da(e,n,a){Ii=Y,Li=X,[Y,X]=I.move(r,Y,X),I.left=Y,I.top=X,L&&(Ai&&Re(Ai,lt(Y),0,U,W),ji&&Re(ji,0,lt(X),U,W));let o,s=q>J;Zi=z,Qi=null;let c=M.ori==0?U:W,l=M.ori==1?U:W;if(Y<0||er==0||s){o=I.idx=null;for(let e=0;e<D.length;e++){let t=On[e];t!=null&&Re(t,-10,-10,U,W)}Dn&&Ki(null,ea,!0,e==null&&$.setSeries),F.live&&(rt.fill(o),gn=!0)}else{let e,n,a;i==1&&(e=M.ori==0?Y:X,n=na(e,k),o=I.idx=Ke(n,t[0],q,J),a=He(t[0][o],M,c,0));let s=-10,u=-10,d=0,f=0,p=!0,m=``,h=``;for(let e=+(i==2);e<D.length;e++){let g=D[e],_=rt[e],v=_==null?null:i==1?t[e][_]:t[e][1][_],y=I.dataIdx(r,e,o,n),b=y==null?null:i==1?t[e][y]:t[e][1][y];if(gn=gn||b!=v||y!=_,rt[e]=y,e>0&&g.show){let n=y==null?-10:y==o?a:He(i==1?t[0][y]:t[e][0][y],M,c,0),_=b==null?-10:Ue(b,i==1?O[g.scale]:O[g.facets[1].scale],l,0);if(Dn&&b!=null){let t=M.ori==1?Y:X,n=ct(En.dist(r,e,y,_,t));if(n<Zi){let r=En.bias;if(r!=0){let i=na(t,g.scale),a=b>=0?1:-1,o=i>=0?1:-1;o==a&&(o==1?r==1?b>=i:b<=i:r==1?b<=i:b>=i)&&(Zi=n,Qi=e)}else Zi=n,Qi=e}}if(gn||K){let t,i;M.ori==0?(t=n,i=_):(t=_,i=n);let a,o,c,l,g,v,y=!0,b=G.bbox;if(b!=null){y=!1;let t=b(r,e);c=t.left,l=t.top,a=t.width,o=t.height}else c=t,l=i,a=o=G.size(r,e);if(v=G.fill(r,e),g=G.stroke(r,e),K)e==Qi&&Zi<=En.prox&&(s=c,u=l,d=a,f=o,p=y,m=v,h=g);else{let t=On[e];t!=null&&(Rn[e]=c,Hn[e]=l,Ve(t,a,o,y),ze(t,v,g),Re(t,ut(c),ut(l),U,W))}}}}if(K){let e=En.prox;if(gn||($i==null?Zi<=e:Zi>e||Qi!=$i)){let e=On[0];e!=null&&(Rn[0]=s,Hn[0]=u,Ve(e,d,f,p),ze(e,m,h),Re(e,ut(s),ut(u),U,W))}}}if(Z.show&&Ri){if(e!=null){let[t,n]=$.scales,[r,i]=$.match,[a,o]=e.cursor.sync.scales,s=e.cursor.drag;if(Bi=s._x,Vi=s._y,Bi||Vi){let{left:s,top:u,width:d,height:f}=e.select,p=e.scales[a].ori,m=e.posToVal,h,g,_,v,y,b=t!=null&&r(t,a),x=n!=null&&i(n,o);b&&Bi?(p==0?(h=s,g=d):(h=u,g=f),_=O[t],v=He(m(h,a),_,c,0),y=He(m(h+g,a),_,c,0),oa(dt(v,y),ct(y-v))):oa(0,c),x&&Vi?(p==1?(h=s,g=d):(h=u,g=f),_=O[n],v=Ue(m(h,o),_,l,0),y=Ue(m(h+g,o),_,l,0),sa(dt(v,y),ct(y-v))):sa(0,l)}else ga()}else{let e=ct(Ii-Mi),t=ct(Li-Ni);if(M.ori==1){let n=e;e=t,t=n}Bi=zi.x&&e>=zi.dist,Vi=zi.y&&t>=zi.dist;let n=zi.uni;n==null?zi.x&&zi.y&&(Bi||Vi)&&(Bi=Vi=!0):Bi&&Vi&&(Bi=e>=n,Vi=t>=n,!Bi&&!Vi&&(t>e?Vi=!0:Bi=!0));let r,i;Bi&&(M.ori==0?(r=Pi,i=Y):(r=Fi,i=X),oa(dt(r,i),ct(i-r)),Vi||sa(0,l)),Vi&&(M.ori==1?(r=Pi,i=Y):(r=Fi,i=X),sa(dt(r,i),ct(i-r)),Bi||oa(0,c)),!Bi&&!Vi&&(oa(0,0),sa(0,0))}}if(zi._x=Bi,zi._y=Vi,e==null){if(a){if(Aa!=null){let[e,t]=$.scales;$.values[0]=e==null?null:na(M.ori==0?Y:X,e),$.values[1]=t==null?null:na(M.ori==1?Y:X,t)}Ma(ve,r,Y,X,U,W,o)}if(Dn){let e=a&&$.setSeries,t=En.prox;$i==null?Zi<=t&&Ki(Qi,ea,!0,e):Zi>t?Ki(null,ea,!0,e):Qi!=$i&&Ki(Qi,ea,!0,e)}}gn&&(F.idx=o,la()),n!==!1&&Oa(`setCursor`)}let fa=null;Object.defineProperty(r,"rect",{get(){return fa??pa(!1),fa}});function pa(e=!1){e?fa=null:(fa=m.getBoundingClientRect(),Oa(`syncRect`,fa))}function Q(e,t,n,r,i,a,o){I._lock||Ri&&e!=null&&e.movementX==0&&e.movementY==0||(ma(e,t,n,r,i,a,o,!1,e!=null),e==null?da(t,!0,!1):da(null,!0,!0))}function ma(e,t,n,i,a,o,c,l,u){if(fa??pa(!1),Tn(e),e!=null)n=e.clientX-fa.left,i=e.clientY-fa.top;else{if(n<0||i<0){Y=-10,X=-10;return}let[e,r]=$.scales,c=t.cursor.sync,[l,u]=c.values,[d,f]=c.scales,[p,m]=$.match,h=t.axes[0].side%2==1,g=M.ori==0?U:W,_=M.ori==1?U:W,v=h?o:a,y=h?a:o,b=h?i:n,x=h?n:i;if(n=d==null?b/v*g:p(e,d)?s(l,O[e],g,0):-10,i=f==null?x/y*_:m(r,f)?s(u,O[r],_,0):-10,M.ori==1){let e=n;n=i,i=e}}u&&(t==null||t.cursor.event.type==ve)&&((n<=1||n>=U-1)&&(n=At(n,U)),(i<=1||i>=W-1)&&(i=At(i,W))),l?(Mi=n,Ni=i,[Pi,Fi]=I.move(r,n,i)):(Y=n,X=i)}let ha={width:0,height:0,left:0,top:0};function ga(){Ui(ha,!1)}let _a,va,ya,ba;function xa(e,t,n,i,a,o,s){Ri=!0,Bi=Vi=zi._x=zi._y=!1,ma(e,t,n,i,a,o,s,!0,!1),e!=null&&(Jt(be,Oe,Sa,!1),Ma(ye,r,Pi,Fi,U,W,null));let{left:c,top:l,width:u,height:d}=Z;_a=c,va=l,ya=u,ba=d}function Sa(e,t,n,i,a,o,s){Ri=zi._x=zi._y=!1,ma(e,t,n,i,a,o,s,!1,!0);let{left:c,top:l,width:u,height:d}=Z,f=u>0||d>0,p=_a!=c||va!=l||ya!=u||ba!=d;if(f&&p&&Ui(Z),zi.setScale&&f&&p){let e=c,t=u,n=l,r=d;if(M.ori==1&&(e=l,t=d,n=c,r=u),Bi&&Gi(k,na(e,k),na(e+t,k)),Vi)for(let e in O){let t=O[e];e!=k&&t.from==null&&t.min!=z&&Gi(e,na(n+r,e),na(n,e))}ga()}else I.lock&&(I._lock=!I._lock,da(t,!0,e!=null));e!=null&&(Yt(be,Oe),Ma(be,r,Y,X,U,W,null))}function Ca(e,t,n,r,i,a,o){if(I._lock)return;Tn(e);let s=Ri;if(Ri){let e=!0,t=!0,n,r;M.ori==0?(n=Bi,r=Vi):(n=Vi,r=Bi),n&&r&&(e=Y<=10||Y>=U-10,t=X<=10||X>=W-10),n&&e&&(Y=Y<Pi?0:U),r&&t&&(X=X<Fi?0:W),da(null,!0,!0),Ri=!1}Y=-10,X=-10,rt.fill(null),da(null,!0,!0),s&&(Ri=s)}function wa(e,t,n,i,a,o,s){I._lock||(Tn(e),pr(),ga(),e!=null&&Ma(Ce,r,Y,X,U,W,null))}function Ta(){we.forEach(Di),yn(r.width,r.height,!0)}We(Ee,ke,Ta);let Ea={};Ea.mousedown=xa,Ea.mousemove=Q,Ea.mouseup=Sa,Ea.dblclick=wa,Ea.setSeries=(e,t,n,i)=>{let a=$.match[2];n=a(r,t,n),n!=-1&&Ki(n,i,!0,!1)},L&&(Jt(ye,m,xa),Jt(ve,m,Q),Jt(xe,m,e=>{Tn(e),pa(!1)}),Jt(Se,m,Ca),Jt(Ce,m,wa),di.add(r),r.syncRect=pa);let Da=r.hooks=e.hooks||{};function Oa(e,t,n){ai?oi.push([e,t,n]):e in Da&&Da[e].forEach(e=>{e.call(null,r,t,n)})}(e.plugins||[]).forEach(e=>{for(let t in e.hooks)Da[t]=(Da[t]||[]).concat(e.hooks[t])});let ka=(e,t,n)=>n,$=H({key:null,setSeries:!1,filters:{pub:Et,sub:Et},scales:[k,D[1]?D[1].scale:null],match:[Dt,Dt,ka],values:[null,null]},I.sync);$.match.length==2&&$.match.push(ka),I.sync=$;let Aa=$.key,ja=Mr(Aa);function Ma(e,t,n,r,i,a,o){$.filters.pub(e,t,n,r,i,a,o)&&ja.pub(e,t,n,r,i,a,o)}ja.sub(r);function Na(e,t,n,r,i,a,o){$.filters.sub(e,t,n,r,i,a,o)&&Ea[e](null,t,n,r,i,a,o)}r.pub=Na;function Pa(){ja.unsub(r),di.delete(r),Kt.clear(),Ge(Ee,ke,Ta),l.remove(),mt?.remove(),Oa(`destroy`)}r.destroy=Pa;function Fa(){Oa(`init`,e,t),ir(t||e.data,!1),N[k]?fi(k,N[k]):pr(),hn=Z.show&&(Z.width>0||Z.height>0),mn=gn=!0,yn(e.width,e.height)}return D.forEach(Gn),we.forEach(Yn),n?n instanceof HTMLElement?(n.appendChild(l),Fa()):n(r,Fa):Fa(),r}Oi.assign=H,Oi.fmtNum=ot,Oi.rangeNum=it,Oi.rangeLog=Qe,Oi.rangeAsinh=$e,Oi.orient=Fr,Oi.pxRatio=A,Oi.join=U,Oi.fmtDate=un,Oi.tzDate=fn,Oi.sync=Mr;{Oi.addGap=Br,Oi.clipGaps=zr;let e=Oi.paths={points:ei};e.linear=ii,e.stepped=ai,e.bars=si,e.spline=li}var ki=`.uplot,.uplot *,.uplot :before,.uplot :after{box-sizing:border-box}.uplot{width:min-content;font-family:system-ui,-apple-system,Segoe UI,Roboto,Helvetica Neue,Arial,Noto Sans,sans-serif,Apple Color Emoji,Segoe UI Emoji,Segoe UI Symbol,Noto Color Emoji;line-height:1.5}.u-title{text-align:center;font-size:18px;font-weight:700}.u-wrap{-webkit-user-select:none;user-select:none;position:relative}.u-over,.u-under{position:absolute}.u-under{overflow:hidden}.uplot canvas{width:100%;height:100%;display:block;position:relative}.u-axis{position:absolute}.u-legend{text-align:center;margin:auto;font-size:14px}.u-inline{display:block}.u-inline *{display:inline-block}.u-inline tr{margin-right:16px}.u-legend th{font-weight:600}.u-legend th>*{vertical-align:middle;display:inline-block}.u-legend .u-marker{width:1em;height:1em;margin-right:4px;background-clip:padding-box!important}.u-inline.u-live th:after{content:":";vertical-align:middle}.u-inline:not(.u-live) .u-value{display:none}.u-series>*{padding:4px}.u-series th{cursor:pointer}.u-legend .u-off>*{opacity:.3}.u-select{pointer-events:none;background:#00000012;position:absolute}.u-cursor-x,.u-cursor-y{pointer-events:none;will-change:transform;position:absolute;top:0;left:0}.u-hz .u-cursor-x,.u-vt .u-cursor-y{border-right:1px dashed #607d8b;height:100%}.u-hz .u-cursor-y,.u-vt .u-cursor-x{border-bottom:1px dashed #607d8b;width:100%}.u-cursor-pt{pointer-events:none;will-change:transform;border:0 solid;border-radius:50%;position:absolute;top:0;left:0;background-clip:padding-box!important}.u-axis.u-off,.u-select.u-off,.u-cursor-x.u-off,.u-cursor-y.u-off,.u-cursor-pt.u-off{display:none}`;function Ai([e,t],[n,r]){let i=Math.min(r-n,Math.max(Math.min(600,r-n),t-e)),a=Math.min(r-i,Math.max(n,e));return[a,a+i]}function ji([e,t],n,r){return Ai([e+n,t+n],r)}function Mi([e,t],n,r,i){let a=Math.min(i[1]-i[0],Math.max(600,(t-e)*n)),o=(r-e)/Math.max(1,t-e);return Ai([r-o*a,r+(1-o)*a],i)}function Ni([e,t],[n,r]){return t-e>=r-n-1}var Pi=class extends n{constructor(...e){super(...e),this.series=[],this.between=[],this.bands=[],this.range=[0,0],this.now=0,this.when=``,this.time=e=>String(e),this.value=e=>String(e),this.mark=e=>String(e),this.made=``,this.view=null,this.fingers=new Map,this.dragged=null,this.touch=e=>{e.pointerType===`touch`&&this.fingers.set(e.pointerId,e.clientX)},this.wheel=e=>{let t=e.shiftKey?e.deltaY:e.deltaX;if(e.ctrlKey){let t=this.plot?.posToVal(e.offsetX,`x`)??0;this.look(Mi(this.shown(),e.deltaY>0?1.2:1/1.2,t,this.bounds()))}else if(t!==0&&this.view)this.look(ji(this.view,t*this.perPixel(),this.bounds()));else return;e.preventDefault()},this.drag=e=>{if(this.dragged!==null){let t=this.dragged-e.clientX;this.dragged=e.clientX,this.look(ji(this.shown(),t*this.perPixel(),this.bounds()));return}let t=this.fingers.get(e.pointerId);if(t===void 0)return;let n=[...this.fingers].filter(([t])=>t!==e.pointerId).map(([,e])=>e)[0];if(n===void 0)this.look(ji(this.shown(),(t-e.clientX)*this.perPixel(),this.bounds()));else{let r=Math.max(20,Math.abs(t-n))/Math.max(20,Math.abs(e.clientX-n)),i=this.plot?.over.getBoundingClientRect().left??0,a=this.plot?.posToVal((e.clientX+n)/2-i,`x`)??0;this.look(Mi(this.shown(),r,a,this.bounds()))}this.fingers.set(e.pointerId,e.clientX)},this.drop=e=>{this.dragged=null,this.fingers.delete(e.pointerId)}}static{this.styles=[i(ki),a`
      :host {
        display: block;
        min-height: 280px;
      }
      .u-over {
        touch-action: pan-y;
      }
      .u-legend {
        text-align: start;
        font-size: 12px;
      }
      .u-legend .u-series > * {
        padding: 2px 6px;
      }
      .u-legend .u-series > th {
        font-weight: 400;
      }
      /* Where nothing is pointed at there is nothing to say. */
      .u-legend .u-series:has(.u-value:empty) > th::after,
      .u-legend .u-series:first-child:has(.u-value:empty) {
        display: none;
      }
    `]}render(){return l`<div class="holder"></div>`}connectedCallback(){super.connectedCallback(),this.observer=new ResizeObserver(()=>this.fit()),this.observer.observe(this),window.addEventListener(`pointermove`,this.drag),window.addEventListener(`pointerup`,this.drop),window.addEventListener(`pointercancel`,this.drop),this.requestUpdate()}disconnectedCallback(){super.disconnectedCallback(),this.observer?.disconnect(),window.removeEventListener(`pointermove`,this.drag),window.removeEventListener(`pointerup`,this.drop),window.removeEventListener(`pointercancel`,this.drop),this.plot?.destroy(),this.plot=void 0}zoom(e){let[t,n]=this.shown();this.look(Mi([t,n],e,(t+n)/2,this.bounds()))}pan(e){let[t,n]=this.shown();this.look(ji([t,n],e*(n-t),this.bounds()))}whole(){this.look(this.bounds())}updated(){let e=this.renderRoot.querySelector(`.holder`);if(!e)return;if(this.series.length===0){this.plot?.destroy(),this.plot=void 0;return}let t=getComputedStyle(this),n=t.getPropertyValue(`--secondary-text-color`).trim()||`#666`,r=t.getPropertyValue(`--divider-color`).trim()||`#ddd`,i=JSON.stringify([n,r,this.when,this.between,this.series.map(e=>({...e,points:0}))]),a=this.data();this.plot&&i===this.made?this.plot.setData(a,!1):(this.plot?.destroy(),this.made=i,this.plot=this.make(a,e,t,n,r)),this.apply()}data(){let e=[...new Set(this.series.flatMap(e=>e.points.map(([e])=>e)))].sort((e,t)=>e-t);return[e,...this.series.map(t=>{let n=new Map(t.points),r=null,i=t.points.at(-1)?.[0]??-1/0;return e.map(e=>{if(n.has(e))r=n.get(e);else if(!t.stepped)return;return e>i?null:r})})]}make(e,t,n,r,i){let a={stroke:r,grid:{stroke:i,width:1},ticks:{stroke:i,width:1}},o=`color-mix(in srgb, ${n.getPropertyValue(`--warning-color`).trim()||`#ffa600`} 45%, transparent)`,s=Oi.paths.stepped?.({align:1}),c=new Oi({...this.size(),scales:{x:{time:!1,range:(e,t,n)=>t===n?this.range:[t,n]},y:{range:(e,t,n)=>[Math.min(0,t),Math.max(1,n*1.08)]}},axes:[{...a,values:(e,t)=>t.map(e=>this.time(e)),splits:(e,t,n,r)=>Fi(n,r,e.width)},{...a,size:(e,t)=>18+7*Math.max(4,...(t??[]).map(e=>e.length)),values:(e,t)=>t.map(e=>this.mark(e))}],series:[{label:this.when,value:(e,t)=>t==null?``:this.time(t)},...this.series.map(e=>({label:e.label,stroke:e.color,width:e.width??2,points:{show:!1},spanGaps:!e.stepped,value:(e,t)=>t==null?``:this.value(t),...e.dash?{dash:e.dash}:{},...e.fill?{fill:e.fill}:{},...e.stepped&&s?{paths:s}:{}}))],bands:this.between.map(e=>({series:e,fill:o})),cursor:{drag:{x:!0,y:!1,setScale:!1},bind:{dblclick:()=>()=>(this.whole(),null),mousedown:(e,t,n)=>e=>e.shiftKey||e.button===1?(e.preventDefault(),this.dragged=e.clientX,null):n(e)}},hooks:{drawClear:[e=>this.drawBands(e)],draw:[e=>this.drawNow(e,r)],setSelect:[e=>this.select(e)]}},e,t);return c.over.addEventListener(`pointerdown`,this.touch),c.over.addEventListener(`wheel`,this.wheel,{passive:!1}),c}bounds(){let e=this.plot?.data[0]??[];return e.length>1?[e[0],e[e.length-1]]:this.range}shown(){return this.view??this.bounds()}look(e){this.view=Ni(e,this.bounds())?null:e,this.apply()}apply(){let[e,t]=this.shown();this.plot?.setScale(`x`,{min:e,max:t})}select(e){let{left:t,width:n}=e.select;if(n<8)return;let r=[e.posToVal(t,`x`),e.posToVal(t+n,`x`)];e.setSelect({left:0,top:0,width:0,height:0},!1),this.look(Mi(r,1,(r[0]+r[1])/2,this.bounds()))}perPixel(){let[e,t]=this.shown();return(t-e)/Math.max(1,this.plot?.over.clientWidth??1)}fit(){this.plot&&Math.abs(this.plot.width-this.clientWidth)>4&&this.clientWidth>0&&this.plot.setSize(this.size())}size(){let e=Math.max(200,this.clientWidth);return{width:e,height:Math.round(Math.min(460,Math.max(260,e*.26)))}}drawBands(e){let{ctx:t,bbox:n}=e;t.save(),t.fillStyle=getComputedStyle(this).getPropertyValue(`--warning-color`).trim()||`#ffa600`,t.globalAlpha=.18;for(let r of this.bands){let i=Math.max(n.left,e.valToPos(r.from,`x`,!0)),a=Math.min(n.left+n.width,e.valToPos(r.to,`x`,!0));a>i&&t.fillRect(i,n.top,a-i,n.height)}t.restore()}drawNow(e,t){if(!this.now)return;let{ctx:n,bbox:r}=e,i=e.valToPos(this.now,`x`,!0);i<r.left||i>r.left+r.width||(n.save(),n.strokeStyle=t,n.setLineDash([4,4]),n.beginPath(),n.moveTo(i,r.top),n.lineTo(i,r.top+r.height),n.stroke(),n.restore())}};u([o({attribute:!1})],Pi.prototype,`series`,void 0),u([o({attribute:!1})],Pi.prototype,`between`,void 0),u([o({attribute:!1})],Pi.prototype,`bands`,void 0),u([o({attribute:!1})],Pi.prototype,`range`,void 0),u([o({type:Number})],Pi.prototype,`now`,void 0),u([o()],Pi.prototype,`when`,void 0),u([o({attribute:!1})],Pi.prototype,`time`,void 0),u([o({attribute:!1})],Pi.prototype,`value`,void 0),u([o({attribute:!1})],Pi.prototype,`mark`,void 0),Pi=u([f(`tangle-grid-chart`)],Pi);function Fi(e,t,n){let r=t-e,i=Math.min(9,Math.max(2,(n-64)/56)),a=[900,1800,3600,7200,10800,14400,21600,43200].find(e=>r/e<=i)??86400,o=[];for(let n=Math.ceil(e/a)*a;n<=t;n+=a)o.push(n);return o}var Ii=86400,Li=6e4,Y=1800,X=28800,Ri=[`today`,`yesterday`,`compare`,`week`];function zi(e,t){let n=0;for(let r of e){if(t<r.starts_at||t>=r.ends_at)continue;let e=(r.ends_at-r.starts_at)/3600,i=r.parts.reduce((e,t)=>e+(t.energy_wh??0),0);n+=r.closed?i/Math.max(e,1/60):Math.max(r.active_w,0)}return n}function Bi(e,t){let n=e[0]?.[0],r=e.at(-1)?.[0];if(n===void 0||r===void 0)return[];let i=t.flatMap(e=>[e.starts_at,e.ends_at]).filter(e=>e>n&&e<r),a=[...new Set([...e.map(([e])=>e),...i])].sort((e,t)=>e-t),o=0;return a.map(n=>{for(;o+1<e.length&&e[o+1][0]<=n;)o+=1;let r=e[o]?.[1]??null,i=e[o]?.[0]??n,a=zi(t.filter(e=>e.starts_at<=i),n);return[n,r===null||a===0?null:r+a]})}function Vi(e){let t=null;for(let[n,r]of e)r!==null&&(t===null||r>t.watts)&&(t={at:n,watts:r});return t}var Z=class extends c{constructor(...e){super(...e),this.shown=`today`,this.measured=[],this.earlier=[],this.week=[],this.problem=``,this.loaded=``,this.loadedAt=0}static{this.styles=[d,a`
      :host {
        display: block;
      }
      .looking {
        margin-top: 4px;
      }
      .looking button {
        min-width: 44px;
      }
      details {
        border-top: 1px solid var(--tg-line);
        padding: 8px 0;
      }
      summary {
        cursor: pointer;
      }
      .peaks {
        margin: 8px 0 0;
      }
      .days {
        display: grid;
        grid-template-columns: auto 1fr auto;
        gap: 6px 12px;
        align-items: center;
        margin-top: 12px;
      }
    `]}willUpdate(e){super.willUpdate(e);let t=this.island,n=this.watched.picture?.entities[0]?.load;if(!t||!n)return;let r=`${n}/${this.shown}`;r===this.loaded&&Date.now()-this.loadedAt<Li/Math.min(10,t.speed)||(this.loaded=r,this.loadedAt=Date.now(),this.load(t,n))}concerns(e,t){let[n,r]=[e,t].map(e=>e.feeders[e.island[0]?.main_feeder??``]);return e.requests!==t.requests||e.plan!==t.plan||e.island!==t.island||e.entities!==t.entities||String(n?.capacity_w)!==String(r?.capacity_w)||String(n?.threshold_w)!==String(r?.threshold_w)}concernsStates(){return!1}midnight(e){return h(m(e,Date.now()/1e3),this.hass?.config.time_zone??`UTC`)}range(e){let t=this.midnight(e);return this.shown===`yesterday`?[t-Ii,t]:[t,t+Ii]}drawn(e){let[t,n]=this.range(e);if(this.shown!==`today`)return[t,n];let r=this.measured[0]?.[0]??t,i=m(e,Date.now()/1e3);return[Math.max(t,r-Y),Math.max(i+X,Math.min(n,r+X))]}async load(e,t){try{if(this.shown===`week`){let n=this.midnight(e),r=await this.hass?.callWS({type:`recorder/statistics_during_period`,start_time:new Date(p(e,n-6*Ii)*1e3).toISOString(),statistic_ids:[t],period:e.speed===1?`day`:`5minute`,types:[`mean`,`max`]});this.week=r?.[t]??[]}else{let[n,r]=this.range(e);this.measured=await this.history(e,t,n,r),this.earlier=this.shown===`compare`?await this.history(e,t,n-Ii,r-Ii):[]}this.problem=``}catch(e){this.problem=e.message??String(e)}}async history(e,t,n,r){let i=Math.min(p(e,r),Date.now()/1e3),a=Math.min(p(e,n),i);return((await this.hass?.callWS({type:`history/history_during_period`,start_time:new Date(a*1e3).toISOString(),end_time:new Date(i*1e3).toISOString(),entity_ids:[t],minimal_response:!0,no_attributes:!0}))?.[t]??[]).map(t=>{let n=Number(t.s);return[m(e,t.lu??t.lc??0),t.s!==``&&Number.isFinite(n)?n:null]})}renderIsland(e,t){let n=this.words,i={today:n.t(`today`),yesterday:n.t(`yesterday`),compare:n.t(`compare`),week:n.t(`week`)};return l`<section class="box">
      <div class="spread">
        <h2>${i[this.shown]}</h2>
        <div class="row" role="group" aria-label=${n.t(`which_day`)}>
          ${Ri.map(e=>l`<button aria-pressed=${this.shown===e} @click=${()=>this.shown=e}>${i[e]}</button>`)}
        </div>
      </div>
      ${t.speed===1?r:l`<p class="soft">${n.t(`street_time`,{speed:n.number(t.speed)})}</p>`}
      ${this.problem?l`<p class="failed" role="alert">${this.problem}</p>`:r}
      ${this.shown===`week`?this.renderWeek(e,t):this.renderDay(e,t)}
      ${this.shown===`week`?r:this.renderRequests(e)}
    </section>`}renderDay(e,t){let n=this.words;if(this.measured.length<2)return l`<p class="waiting">${this.shown===`yesterday`?n.t(`day_not_recorded`):n.t(`day_too_early`)}</p>`;let i=this.drawn(t),a=e.feeders[t.main_feeder],o=e.plan[0],s=Object.values(e.requests),c=e=>e.map((e,t)=>[(o?.start??0)+t*(o?.step_s??0),e]),u=e=>e.filter(([e])=>e>=i[0]&&e<=i[1]),d=getComputedStyle(this),f=(e,t)=>d.getPropertyValue(e).trim()||t,p=u(this.measured),m=Bi(p,s),h=m.some(([,e])=>e!==null),_=[{label:n.t(`day_measured`),color:f(`--primary-color`,`#0288d1`),fill:`rgba(2, 136, 209, 0.18)`,points:p,stepped:!0}],v=[];if(h&&this.shown!==`compare`&&(_.push({label:n.t(`day_without`),color:f(`--warning-color`,`#b26a00`),width:1,points:m,stepped:!0}),v.push([2,1])),this.shown===`compare`){let e=this.earlier.map(([e,t])=>[e+Ii,t]);_.push({label:n.t(`yesterday`),color:f(`--secondary-text-color`,`#777`),dash:[6,4],points:u(e),stepped:!0})}o&&this.shown===`today`&&_.push({label:n.t(`day_planned`),color:f(`--success-color`,`#2e7d32`),dash:[6,4],points:u(c(o.total_w))},{label:n.t(`day_base`),color:f(`--secondary-text-color`,`#777`),dash:[2,4],points:u(c(o.base_w))});for(let[e,t,r,o]of[[n.t(`capacity`),g(a?.capacity_w),`--error-color`,[1,0]],[n.t(`threshold`),g(a?.threshold_w),`--warning-color`,[10,5]]])t&&_.push({label:e,color:f(r,`#c62828`),width:1,dash:[...o],points:[[i[0],t],[i[1],t]]});let y=s.filter(e=>e.ends_at>i[0]&&e.starts_at<i[1]).map(e=>({from:e.starts_at,to:e.ends_at,label:n.power(e.power_w)})),b=Vi(p),x=Vi(m),S=x&&b&&x.watts>b.watts?x:b,C=b?n.t(`day_text`,{power:n.power(b.watts),at:n.time(b.at)}):n.t(`day_too_early`);return l`<tangle-grid-chart
        role="img"
        aria-label=${C}
        .series=${_}
        .between=${v}
        .bands=${y}
        .range=${i}
        .when=${n.t(`when`)}
        .now=${this.shown===`today`?n.now(t):0}
        .time=${e=>n.time(e)}
        .value=${e=>n.power(e)}
        .mark=${e=>n.mark(e)}
      ></tangle-grid-chart>
      <div class="row looking" role="group" aria-label=${n.t(`look`)}>
        ${this.renderLook(n.t(`look_earlier`),`‹`,e=>e.pan(-.5))}
        ${this.renderLook(n.t(`look_later`),`›`,e=>e.pan(.5))}
        ${this.renderLook(n.t(`look_closer`),`+`,e=>e.zoom(.5))}
        ${this.renderLook(n.t(`look_farther`),`−`,e=>e.zoom(2))}
        ${this.renderLook(n.t(`look_all`),n.t(`look_all`),e=>e.whole())}
        <span class="soft legend">${n.t(`day_bands`)}</span>
      </div>
      ${h&&b&&S&&this.shown!==`compare`?l`<div class="facts peaks">
            <div><span>${n.t(`peak_with`)}</span><b>${n.power(b.watts)} · ${n.time(b.at)}</b></div>
            <div><span>${n.t(`peak_without`)}</span><b>${n.power(S.watts)} · ${n.time(S.at)}</b></div>
            <div><span>${n.t(`peak_saved`)}</span><b>${n.power(Math.max(0,S.watts-b.watts))}</b></div>
          </div>`:r}`}renderLook(e,t,n){return l`<button
      aria-label=${e}
      title=${e}
      @click=${()=>{let e=this.renderRoot.querySelector(`tangle-grid-chart`);e&&n(e)}}
    >
      ${t}
    </button>`}renderWeek(e,t){let n=this.words,r=this.hass?.config.time_zone??`UTC`,i=new Map;for(let e of this.week){let n=h(m(t,e.start/1e3),r),a=i.get(n)??{mean:[],max:0};e.mean!==null&&a.mean.push(e.mean),a.max=Math.max(a.max,e.max??0),i.set(n,a)}if(i.size===0)return l`<p class="waiting">${n.t(`week_too_early`)}</p>`;let a=g(e.feeders[t.main_feeder]?.capacity_w)??1,o=[...i].sort(([e],[t])=>e-t).slice(-7);return l`<div class="days">
      ${o.map(([e,{mean:t,max:r}])=>{let i=t.reduce((e,t)=>e+t,0)/Math.max(1,t.length),o=n.t(`week_day`,{mean:n.power(i),peak:n.power(r)});return l`<span>${n.day(e)}</span>
          <div class="meter" role="img" aria-label=${o}>
            <i class=${r>a?`bad`:``} style="width:${Math.min(100,i/a*100).toFixed(0)}%"></i>
            <b style="left:${Math.min(99,r/a*100).toFixed(0)}%"></b>
          </div>
          <span class="number soft">${o}</span>`})}
    </div>`}renderRequests(e){let t=this.words,[n,r]=this.island?this.range(this.island):[0,0],i=Object.values(e.requests).filter(e=>e.ends_at>n&&e.starts_at<r).sort((e,t)=>t.issued_at-e.issued_at);return i.length===0?l`<p class="soft">${t.t(`no_requests`)}</p>`:l`<h3 style="margin:16px 0 8px">${t.t(`requests`)}</h3>${i.map(n=>{let r=n.parts.filter(e=>(e.energy_wh??0)>0||e.state===`active`||e.state===`accepted`).map(t=>e.participants[t.participant]?.name??`?`).join(`, `);return l`<details ?open=${!n.closed}>
        <summary>
          ${t.t(`request_line`,{from:t.time(n.starts_at),to:t.time(n.ends_at),power:t.power(n.power_w)})}
          <span class="soft">${r?t.t(`helped_by`,{names:r}):t.t(`helped_by_nobody`)}</span>
        </summary>
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>${t.t(`who`)}</th>
                <th>${t.t(`answer`)}</th>
                <th class="number">${t.t(`given`)}</th>
                <th class="number">${t.t(`earned`)}</th>
              </tr>
            </thead>
            <tbody>
              ${n.parts.map(n=>l`<tr>
                  <td>${e.participants[n.participant]?.name??`?`}</td>
                  <td>
                    ${t.t(`part_${n.state}`)}
                    <div class="soft">${t.reason(n.reason)}</div>
                  </td>
                  <td class="number">${n.energy_wh?t.energy(n.energy_wh):`–`}</td>
                  <td class="number">${n.amount_i?t.tokens(n.amount_i,this.island):`–`}</td>
                </tr>`)}
            </tbody>
          </table>
        </div>
      </details>`})}`}};u([t()],Z.prototype,`shown`,void 0),u([t()],Z.prototype,`measured`,void 0),u([t()],Z.prototype,`earlier`,void 0),u([t()],Z.prototype,`week`,void 0),u([t()],Z.prototype,`problem`,void 0),Z=u([f(`tangle-grid-day`)],Z);var Hi=240,Ui=111320;function Wi(e,t){return[(t.longitude-e.longitude)*Ui*Math.cos(e.latitude*Math.PI/180),(t.latitude-e.latitude)*Ui]}function Gi(e){let t=e*2/3,n=10**Math.floor(Math.log10(Math.max(1,t)));return[5,2,1].map(e=>e*n).find(e=>e<=t)??n}var Ki=class extends c{constructor(...e){super(...e),this.device=``,this.reports=null,this.findings=[],this.problem=``,this.loaded=``}static{this.styles=[d,a`
      :host {
        display: block;
        margin-top: 12px;
      }
      .map {
        display: grid;
        grid-template-columns: minmax(0, 240px) minmax(0, 1fr);
        gap: 16px;
      }
      @media (max-width: 600px) {
        .map {
          grid-template-columns: minmax(0, 1fr);
        }
      }
      svg.field {
        width: 100%;
        max-width: 240px;
        background: color-mix(in srgb, var(--tg-line) 20%, transparent);
        border-radius: 12px;
      }
      .ring {
        fill: none;
        stroke: var(--tg-line);
      }
      .finding {
        fill: var(--tg-good);
      }
      .report {
        fill: none;
        stroke: var(--tg-warn);
        stroke-width: 2;
      }
      text {
        font-size: 10px;
        fill: var(--tg-soft);
      }
    `]}willUpdate(e){super.willUpdate(e),this.hass&&this.device&&this.loaded!==this.device&&(this.loaded=this.device,this.load())}async load(){try{let e=(await this.hass?.callService(`tangle_grid`,`get_reports`,{device_id:this.device},void 0,!1,!0))?.response;this.reports=e.reports,this.findings=e.findings}catch(e){this.problem=e.message??String(e)}}renderIsland(e,t){let n=this.words;if(this.problem)return l`<p class="soft" role="alert">${this.problem}</p>`;if(this.reports===null)return l`<p class="soft">${n.t(`waiting`)}</p>`;let r=[...this.findings,...this.reports];if(r.length===0)return l`<p class="soft">${n.t(`no_findings`)}</p>`;let i={latitude:r.reduce((e,t)=>e+t.latitude,0)/r.length,longitude:r.reduce((e,t)=>e+t.longitude,0)/r.length},a=Math.max(25,...r.map(e=>Math.hypot(...Wi(i,e))))*1.2,o=e=>{let[t,n]=Wi(i,e);return[Hi/2+t/a*(Hi/2),Hi/2-n/a*(Hi/2)]},c=Gi(a),u=c/a*(Hi/2);return l`<div class="map">
      <svg class="field" viewBox="0 0 ${Hi} ${Hi}" role="img" aria-label=${n.t(`findings_map`,{findings:this.findings.length,reports:this.reports.length})}>
        <circle class="ring" cx=${Hi/2} cy=${Hi/2} r=${Hi/4}></circle>
        <circle class="ring" cx=${Hi/2} cy=${Hi/2} r=${Hi/2-4}></circle>
        ${this.reports.map(e=>{let[t,n]=o(e);return s`<path class="report" d="M${t.toFixed(1)} ${(n-5).toFixed(1)}l5 9h-10Z"></path>`})}
        ${this.findings.map(e=>{let[t,n]=o(e);return s`<circle class="finding" cx=${t.toFixed(1)} cy=${n.toFixed(1)} r="6"></circle>`})}
        <path d="M${222} 30V12l-4 6m4 -6l4 6" fill="none" stroke="var(--tg-soft)"></path>
        <text x=${219} y="42">${n.t(`north`)}</text>
        <path d="M10 ${228}v4h${u.toFixed(1)}v-4" fill="none" stroke="var(--tg-soft)"></path>
        <text x="12" y=${224}>${c>=1e3?`${n.number(c/1e3)} km`:`${n.number(c)} m`}</text>
      </svg>
      <div class="scroll">
        <table>
          <thead>
            <tr><th>${n.t(`what`)}</th><th>${n.t(`when`)}</th><th class="number">${n.t(`reporters`)}</th><th class="number">${n.t(`amount`)}</th></tr>
          </thead>
          <tbody>
            ${this.findings.map(e=>l`<tr>
                <td>● ${n.t(`finding`)}</td>
                <td>${n.date(m(t,Date.parse(e.until)/1e3))}</td>
                <td class="number">${e.reporters}</td>
                <td class="number">${n.tokens(e.cost,t)}</td>
              </tr>`)}
            ${this.reports.map(e=>l`<tr>
                <td>▲ ${n.t(`report_waits`)}</td>
                <td>${n.date(m(t,Date.parse(e.seen_at)/1e3))}</td>
                <td>${e.participant}</td>
                <td></td>
              </tr>`)}
          </tbody>
        </table>
      </div>
    </div>`}};u([o()],Ki.prototype,`device`,void 0),u([t()],Ki.prototype,`reports`,void 0),u([t()],Ki.prototype,`findings`,void 0),u([t()],Ki.prototype,`problem`,void 0),Ki=u([f(`tangle-grid-findings`)],Ki);var qi=30,Ji=190,Yi=5,Xi=22,Zi=48,Qi=[`meter`,`request`,`answer`,`settlement`,`payment`];function $i(e,t=Zi){let n=[...e].sort((e,t)=>e.attached_at-t.attached_at||e.tail.localeCompare(t.tail)).slice(-t),r=new Map,i=Array(Yi).fill(-2);return n.map((e,t)=>{let n=e.approves.map(e=>r.get(e)).filter(e=>e!==void 0),a=0,o=1/0;for(let e=0;e<Yi;e+=1){let r=n.reduce((t,n)=>t+Math.abs(n-e),0)+(t-i[e]<3?6:0)+Math.abs(e-2)/4;r<o&&([a,o]=[e,r])}return r.set(e.tail,a),i[a]=t,{...e,x:Xi+t*qi,y:Xi+a*146/4}})}var ea=class extends c{constructor(...e){super(...e),this.nodes=null,this.seen=-1,this.known=new Set}static{this.styles=[d,a`
      :host {
        display: block;
      }
      .scroll {
        overflow-x: auto;
        direction: rtl;
      }
      .scroll > svg {
        direction: ltr;
        display: block;
      }
      .edge {
        fill: none;
        stroke: var(--tg-line);
        stroke-width: 1.5;
      }
      .node {
        fill: var(--tg-box);
        stroke: var(--tg-soft);
        stroke-width: 2;
        cursor: pointer;
      }
      .confirmed {
        fill: var(--tg-soft);
      }
      .request,
      .answer {
        stroke: var(--tg-warn);
      }
      .request.confirmed,
      .answer.confirmed {
        fill: var(--tg-warn);
      }
      .settlement,
      .payment {
        stroke: var(--tg-good);
      }
      .settlement.confirmed,
      .payment.confirmed {
        fill: var(--tg-good);
      }
      .meter {
        height: auto;
        stroke: var(--tg-flow);
      }
      .meter.confirmed {
        fill: var(--tg-flow);
      }
      .new {
        animation: come 0.6s ease-out;
      }
      @keyframes come {
        from {
          opacity: 0;
          transform: translateX(24px);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .new {
          animation: none;
        }
      }
      .key {
        display: flex;
        gap: 14px;
        flex-wrap: wrap;
        font-size: 12px;
        color: var(--tg-soft);
        margin-top: 4px;
      }
      .key svg {
        width: 14px;
        height: 14px;
        vertical-align: -2px;
        margin-inline-end: 4px;
      }
    `]}willUpdate(e){super.willUpdate(e);let t=this.watched.picture?.ledger[0];if(!this.hass||!this.entryId||!t?.open||this.watched.state!==`live`)return;let n=(t.transactions??0)*1000003+(t.milestone??0);n!==this.seen&&(this.seen=n,this.load())}async load(){try{this.nodes=await this.hass?.callWS({type:`tangle_grid/tangle`,entry_id:this.entryId})??[]}catch(e){console.debug(`tangle_grid`,e)}}renderIsland(e,t){if(!this.nodes?.length)return r;let n=this.words,i=$i(this.nodes),a=new Map(i.map(e=>[e.tail,e])),o=this.known.size===0,c=new Set(i.filter(e=>!o&&!this.known.has(e.tail)).map(e=>e.tail));for(let e of i)this.known.add(e.tail);let u=44+(i.length-1)*qi,d=n.t(`graph_text`,{count:i.length,confirmed:i.filter(e=>e.confirmed).length});return l`<div class="scroll" role="img" aria-label=${d}>
        <svg width=${u} height=${Ji} viewBox="0 0 ${u} ${Ji}">
          ${i.flatMap(e=>e.approves.map(t=>{let n=a.get(t);if(!n)return s`<path class="edge" d="M${e.x} ${e.y}l-14 0" opacity="0.4"></path>`;let r=(e.x-n.x)/2;return s`<path class="edge" d="M${e.x} ${e.y}C${e.x-r} ${e.y} ${n.x+r} ${n.y} ${n.x} ${n.y}"></path>`}))}
          ${i.map(e=>this.renderNode(e,t,c.has(e.tail)))}
        </svg>
      </div>
      <div class="key" aria-hidden="true">
        ${Qi.map(e=>l`<span><svg viewBox="-8 -8 16 16">${ta(e,`node ${e} confirmed`)}</svg>${n.t(`kind_${e}`)}</span>`)}
        <span><svg viewBox="-8 -8 16 16">${ta(null,`node confirmed`)}</svg>${n.t(`kind_milestone`)}</span>
        <span><svg viewBox="-8 -8 16 16">${ta(`meter`,`node meter`)}</svg>${n.t(`unconfirmed`)}</span>
      </div>`}renderNode(e,t,n){let r=this.words,i=e.kind??`milestone`,a=[r.maybe(`kind_${i}`)??i,r.time(m(t,e.attached_at),!0),e.value?r.tokens(e.value,t):``,r.t(e.confirmed?`confirmed`:`unconfirmed`)];return s`<g transform="translate(${e.x} ${e.y})" @click=${()=>this.open(e)}>
      <g class=${n?`new`:``}>
        <title>${a.filter(Boolean).join(` · `)}</title>
        ${ta(e.kind,`node ${e.kind??``} ${e.confirmed?`confirmed`:``}`)}
      </g>
    </g>`}open(e){this.dispatchEvent(new CustomEvent(`tangle-grid-transaction`,{detail:e.tail,bubbles:!0,composed:!0}))}};u([t()],ea.prototype,`nodes`,void 0),ea=u([f(`tangle-grid-graph`)],ea);function ta(e,t){switch(e){case`payment`:return s`<path class=${t} d="M0 -8L8 0L0 8L-8 0Z"></path>`;case`settlement`:return s`<path class=${t} d="M-4 -7H4L8 0L4 7H-4L-8 0Z"></path>`;case`request`:return s`<rect class=${t} x="-6" y="-6" width="12" height="12"></rect>`;case`answer`:return s`<path class=${t} d="M0 -7L7 6H-7Z"></path>`;case null:return s`<circle class=${t} r="3"></circle>`;default:return s`<circle class=${t} r="6"></circle>`}}var na=1e21;function ra(e){if(typeof e==`number`){let t=Math.abs(e);if(!Number.isFinite(e)||t>2**53-1&&t<na)throw RangeError(`a number that is not exact`);return JSON.stringify(e)}if(typeof e!=`object`||!e)return JSON.stringify(e);if(Array.isArray(e))return`[${e.map(ra).join(`,`)}]`;let t=e;return`{${Object.keys(t).sort().map(e=>`${JSON.stringify(e)}:${ra(t[e])}`).join(`,`)}}`}function ia(e){let t=[];for(let n=2n;t.length<e;n+=1n)t.every(e=>n%e!==0n)&&t.push(n);return t}function aa(e,t,n){let r=e<<t*n,i=0n,a=1n<<n+5n;for(;a-i>1n;){let e=i+a>>1n;e**t<=r?i=e:a=e}return i&(1n<<n)-1n}function oa(e,t,n){let[r=[],i=[],a=[],o=[]]=n;return{bits:e,rounds:t,block:Number(e)*2,start:ia(8).map(t=>aa(t,2n,e)),constants:ia(t).map(t=>aa(t,3n,e)),big0:r,big1:i,small0:a,small1:o}}var sa=new Map;function ca(e){let t=sa.get(e);return t||(t=e===256?oa(32n,64,[[2n,13n,22n],[6n,11n,25n],[7n,18n,3n],[17n,19n,10n]]):oa(64n,80,[[28n,34n,39n],[14n,18n,41n],[1n,8n,7n],[19n,61n,6n]]),sa.set(e,t)),t}function la(e,t){let n=ca(e),r=(1n<<n.bits)-1n,i=Number(n.bits)/8,a=(e,t)=>(e>>t|e<<n.bits-t)&r,o=(e,t)=>t.reduce((t,n)=>t^a(e,n),0n),s=(e,[t=0n,n=0n,r=0n])=>a(e,t)^a(e,n)^e>>r,c=Math.ceil((t.length+1+2*i)/n.block)*n.block,l=new Uint8Array(c);l.set(t),l[t.length]=128,new DataView(l.buffer).setBigUint64(c-8,BigInt(t.length)*8n);let u=[...n.start];for(let e=0;e<c;e+=n.block){let t=[];for(let n=0;n<16;n+=1)t.push(ua(l.subarray(e+n*i,e+(n+1)*i)));for(let e=16;e<n.rounds;e+=1){let[i,a,o,c]=[2,7,15,16].map(n=>t[e-n]);t.push(s(i,n.small1)+a+s(o,n.small0)+c&r)}let[a,c,d,f,p,m,h,g]=u;t.forEach((e,t)=>{let i=g+o(p,n.big1)+(p&m^~p&r&h)+n.constants[t]+e,s=o(a,n.big0)+(a&c^a&d^c&d);[a,c,d,f,p,m,h,g]=[i+s&r,a,c,d,f+i&r,p,m,h]}),u=[a,c,d,f,p,m,h,g].map((e,t)=>e+u[t]&r)}let d=new Uint8Array(u.length*i);return u.forEach((e,t)=>d.set(da(e,i),t*i)),d}function ua(e){return e.reduce((e,t)=>e<<8n|BigInt(t),0n)}function da(e,t){return Uint8Array.from({length:t},(n,r)=>Number(e>>BigInt(8*(t-1-r))&255n))}var fa=2n**255n-19n,pa=2n**252n+27742317777372353535851937790883648493n,Q=e=>(e%fa+fa)%fa;function ma(e,t){let n=1n,r=Q(e);for(let e=t;e>0n;e>>=1n)e&1n&&(n=Q(n*r)),r=Q(r*r);return n}var ha=e=>ma(e,fa-2n),ga=Q(-121665n*ha(121666n)),_a=ma(2n,(fa-1n)/4n);function va(e,t){let n=Q((e.y-e.x)*(t.y-t.x)),r=Q((e.y+e.x)*(t.y+t.x)),i=Q(2n*e.t*t.t*ga),a=Q(2n*e.z*t.z),[o,s,c,l]=[r-n,a-i,a+i,r+n];return{x:Q(o*s),y:Q(c*l),z:Q(s*c),t:Q(o*l)}}function ya(e,t){let n={x:0n,y:1n,z:1n,t:0n},r=e;for(let e=t;e>0n;e>>=1n)e&1n&&(n=va(n,r)),r=va(r,r);return n}function ba(e){let t=Ca(e),n=t&2n**255n-1n;if(n>=fa)return null;let r=Q(Q(n*n-1n)*ha(ga*n*n+1n)),i=ma(r,(fa+3n)/8n);if(Q(i*i)!==r&&(i=Q(i*_a)),Q(i*i)!==r)return null;let a=t>>255n;return i===0n&&a?null:((i&1n)!==a&&(i=fa-i),{x:i,y:n,z:1n,t:Q(i*n)})}var xa=ba(wa(`5866666666666666666666666666666666666666666666666666666666666666`));function Sa({x:e,y:t,z:n}){let r=ha(n);return Q(t*r)|(Q(e*r)&1n)<<255n}function Ca(e){return e.reduceRight((e,t)=>e<<8n|BigInt(t),0n)}function wa(e){return Uint8Array.from(e.match(/../g)??[],e=>Number.parseInt(e,16))}function Ta(e,t,n){if(e.length!==32||t.length!==64)return!1;let r=ba(e),[i,a]=[t.subarray(0,32),Ca(t.subarray(32))];if(!r||a>=pa)return!1;let o=Ca(la(512,Uint8Array.of(...i,...e,...n)))%pa,s={x:Q(-r.x),y:r.y,z:r.z,t:Q(-r.t)};return Sa(va(ya(xa,a),ya(s,o)))===Ca(i)}async function Ea(e,t,n){let[r,i,a]=[wa(e),wa(t),new TextEncoder().encode(n)];if(globalThis.crypto?.subtle)try{let e=await crypto.subtle.importKey(`raw`,r,{name:`Ed25519`},!1,[`verify`]);return await crypto.subtle.verify({name:`Ed25519`},e,i,a)}catch{}return Ta(r,i,a)}function Da(e){return[...la(256,new TextEncoder().encode(e))].map(e=>e.toString(16).padStart(2,`0`)).join(``)}var Oa=2,ka=4096,$=2678400,Aa=3600n;function ja(e,t,n=2**53-1){if(typeof e!=`number`||!Number.isSafeInteger(e)||e<t||e>n)throw RangeError(`a number that cannot be`);return e}function Ma(e,t,n){if(!Array.isArray(e)||e.length>ka)throw RangeError(`no list of steps`);let r=[];for(let i of e){if(!Array.isArray(i)||i.length!==2)throw RangeError(`no step`);let e=r.at(-1),a=ja(i[0],e?e[0]+1:0,$);if(!e&&a!==0)throw RangeError(`does not begin at 0`);r.push([a,n&&i[1]===null?null:ja(i[1],t)])}return r}function Na(e,t){let n=null;for(let[r,i]of e){if(r>t)break;n=i}return n}function Pa(e,t){let n=e/t;return e%t<0n?n-1n:n}var Fa=(e,t)=>e<t?e:t,Ia=e=>e>0n?e:0n;function La(e){if(e.version!==Oa)throw RangeError(`another version`);let t=ja(e.duration_s,0,$),n=Ma(e.readings,-(2**53-1),!0),r=Ma(e.quantities,0,!1),i=ja(e.baseline_w,-(2**53-1)),a=BigInt(i),o=e.need_wh===null||e.need_wh===void 0?null:ja(e.need_wh,0),s=o===null?null:BigInt(o)*Aa,c=ja(e.rate_i_per_kwh,0);if(n.length>0!=t>0)throw RangeError(`readings without a duration`);let l=[...new Set([0,t,...[...n,...r].map(([e])=>e).filter(e=>e<t)])];l.sort((e,t)=>e-t);let[u,d,f]=[0n,0n,0n],p=[];l.slice(0,-1).forEach((e,t)=>{let o=l[t+1],c=Na(n,e),m=Na(r,e)??0,h=0n;if(c!==null){let[t,n,r]=[BigInt(c),BigInt(m),BigInt(o-e)],i=r;s!==null&&a>0n&&(i=Fa(r,s/a),s-=i*a),h=i*Fa(Ia(a-t),n)+(r-i)*Fa(Ia(-t),n),u+=h,f+=i*a,d+=r*t}p.push({start:e,end:o,power_w:c,asked_w:m,baseline_w:i,delivered_ws:h})});let m=Pa(u,Aa);return{energy_wh:Number(m),baseline_wh:Number(Pa(f,Aa)),measured_wh:Number(Pa(d,Aa)),amount_i:Number(Pa(m*BigInt(c),1000n)),pieces:p}}var Ra=1,za=[`request_id`,`payment_id`,`energy_wh`,`baseline_wh`,`measured_wh`,`rate_i_per_kwh`,`amount_i`];async function Ba(e){try{let t=JSON.parse(e.text);if(ra(t)!==e.text)return null;let{sig:n,...r}=t,i=t.body,a=`sealed`in i&&`epoch`in i;return{kind:String(t.kind),island:String(t.island),from:String(t.from),seq:Number(t.seq),at:Number(t.at),sig:String(n),body:a?e.body:i,text:e.text,sealed:a,genuine:await Ea(String(t.from),String(n),ra(r))}}catch{return null}}function Va(e,t){return e.from===t.from?e.seq<t.seq:t.body.re===Da(e.text)}function Ha(e,t,n){let r=e.some(({body:e})=>e.public_key===t.from&&e.participant===n&&Number(e.valid_from)<=t.at),i=e.some(({body:e})=>e.revokes===t.from&&t.seq>Number(e.last_sequence));return r&&!i}function Ua(e,t){let n=za.filter(n=>n in e&&e[n]!==t[n]);`device_id`in e&&e.device_id!==t.participant&&n.push(`device_id`);let r=e.quantities;if(`quantity_w`in e&&Array.isArray(r)){let t=r.at(-1);e.quantity_w!==(t?.at(-1)??0)&&n.push(`quantity_w`)}return n}function Wa(e,t){let[n,r,i]=[`active_at`,`ended_at`,`duration_s`].map(t=>e[t]);return typeof n!=`number`||typeof r!=`number`||typeof i!=`number`?!1:Number(t.starts_at)-Ra<=n&&r<=Number(t.ends_at)+Ra&&i>=0&&i<=r-n+Ra}function Ga(e,t){return Array.isArray(e)&&e.every(e=>Array.isArray(e)&&Number.isInteger(e[1])&&Number(e[1])<=t+Ra)}async function Ka(e){let t=(await Promise.all(e.messages.map(Ba))).filter(e=>e!==null),n=t.filter(t=>t.genuine&&t.island===e.island),r=n.filter(t=>t.from===e.public_key),i=[],a=(e,t,n={})=>{i.push({check:e,ok:t,values:n})},o=r.find(e=>e.kind===`payment`);a(`signature`,o!==void 0&&t.length===e.messages.length,{key:e.public_key});let s=r.find(t=>t.kind===`settlement`&&t.body.payment_id===e.payment_id);a(`receipt`,s!==void 0,{payment_id:e.payment_id});let c=null;if(s){let t=s.body,i=e=>e.body.request_id===t.request_id&&e.body.participant===t.participant,l=n.find(e=>e.kind===`answer`&&i(e)&&e.body.accepted===!0&&Va(e,s)),u=r.find(e=>e.kind===`request`&&i(e)&&Va(e,l??s));a(`request`,u!==void 0,{request_id:String(t.request_id)}),a(`answer`,l!==void 0&&u!==void 0,{participant:String(t.participant)});let d=t.evidence??{};if(l){a(`key`,Ha(r.filter(e=>e.kind===`key`),l,t.participant),{participant:String(t.participant),key:l.from});let e=Number(l.body.power_w);a(`quantity`,Ga(d.quantities,e),{power_w:e})}let f=Ua(d,t);a(`evidence`,f.length===0,{fields:f.join(`, `)}),u&&(a(`rate`,u.body.rate_i_per_kwh===t.rate_i_per_kwh,{shown:Number(u.body.rate_i_per_kwh),paid:Number(t.rate_i_per_kwh)}),a(`window`,Wa(d,u.body),{starts_at:Number(u.body.starts_at),ends_at:Number(u.body.ends_at)}));try{c=La({...d,rate_i_per_kwh:t.rate_i_per_kwh??null});let{energy_wh:e,baseline_wh:n,measured_wh:r,amount_i:i}=c;a(`energy`,e===t.energy_wh&&n===t.baseline_wh&&r===t.measured_wh,{said:Number(t.energy_wh),recomputed:e}),a(`amount`,i===t.amount_i,{said:Number(t.amount_i),recomputed:i})}catch(e){a(`energy`,!1,{said:Number(t.energy_wh),recomputed:String(e.message)})}let p=(o?.body.payments??[]).find(t=>t.id===e.payment_id)?.amount_i;a(`paid`,p===t.amount_i,{paid:Number(p??0),owed:Number(t.amount_i)})}return{ok:i.every(e=>e.ok),steps:i,recomputed:c,sealed:t.some(e=>e.sealed)}}var qa={rate:[`shown`,`paid`],amount:[`said`,`recomputed`],paid:[`paid`,`owed`]},Ja=new Set([`starts_at`,`ends_at`]),Ya=600,Xa=140,Za=class extends c{constructor(...e){super(...e),this.payment=``,this.answer=null,this.proof=null,this.problem=``,this.loaded=``}static{this.styles=[d,a`
      :host {
        display: block;
        padding: 8px 0;
      }
      ol {
        list-style: none;
        margin: 8px 0 0;
        padding: 0;
        display: grid;
        gap: 6px;
      }
      li {
        display: grid;
        grid-template-columns: 24px 1fr;
        overflow-wrap: anywhere;
      }
      li.good::before {
        content: "✓";
        color: var(--tg-good-text);
        font-weight: 700;
      }
      li.bad {
        font-weight: 500;
      }
      li.bad::before {
        content: "✗";
        color: var(--tg-bad-text);
        font-weight: 700;
      }
      h3 {
        margin-top: 16px;
      }
      svg.curve {
        display: block;
        width: 100%;
        height: 140px;
        margin-top: 8px;
      }
      .delivered {
        fill: color-mix(in srgb, var(--tg-good) 40%, transparent);
      }
      .baseline {
        stroke: var(--tg-soft);
        stroke-dasharray: 5 4;
        fill: none;
        vector-effect: non-scaling-stroke;
      }
      .reading {
        stroke: var(--tg-flow);
        stroke-width: 2;
        fill: none;
        vector-effect: non-scaling-stroke;
      }
      pre {
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        font-size: 12px;
        padding: 8px;
        border-radius: 8px;
        background: color-mix(in srgb, var(--tg-line) 25%, transparent);
      }
    `]}willUpdate(e){super.willUpdate(e);let t=`${this.entryId}/${this.payment}`;this.hass&&this.entryId&&this.payment&&t!==this.loaded&&(this.loaded=t,this.load())}async load(){try{let e={config_entry_id:this.entryId,payment_id:this.payment},t=(await this.hass?.callService(`tangle_grid`,`verify_receipt`,e,void 0,!1,!0))?.response;this.proof=await Ka(t),this.answer=t}catch(e){this.problem=e.message??String(e)}}renderIsland(e,t){let n=this.words;if(this.problem)return l`<p class="failed" role="alert">${this.problem}</p>`;let{proof:i,answer:a}=this;if(!i||!a)return l`<p role="status">${n.t(`verifying`)}</p>`;let o=new Set(i.steps.map(e=>e.check)),s=a.checks.filter(e=>!o.has(e.check)),c=i.ok&&s.every(e=>e.ok),u=`scripts/verify --node ${location.origin}/api/tangle_grid/${t.id}/iri --token guest.token --payment ${this.payment}`;return l`<p role="status">
        <span class="chip ${c?`good`:`bad`}">${c?`✓`:`✗`} ${n.t(c?`verified`:`not_verified`)}</span>
      </p>
      <h3>${n.t(`proof_here`)}</h3>
      <p class="soft">${n.t(i.sealed?`proof_sealed`:`proof_how`)}</p>
      <ol data-proof="here">
        ${i.steps.map(n=>l`<li class=${n.ok?`good`:`bad`} data-check=${n.check}>${this.sentence(e,t,n)}</li>`)}
      </ol>
      ${i.recomputed?this.renderCurve(i.recomputed):r}
      <h3>${n.t(`proof_node`)}</h3>
      <p class="soft">${n.t(`proof_node_how`)}</p>
      <ol data-proof="node">
        ${s.map(e=>l`<li class=${e.ok?`good`:`bad`} data-check=${e.check}>${e.text}</li>`)}
      </ol>
      <p class="soft" style="margin-top:12px">${n.t(`verify_yourself`)}</p>
      <pre>${u}</pre>
      <button @click=${()=>navigator.clipboard?.writeText(u)}>${n.t(`copy_command`)}</button>`}sentence(e,t,{check:n,ok:r,values:i}){let a=this.words,o=Object.fromEntries(Object.entries(i).map(([r,i])=>r===`participant`?[r,e.participants[i]?.name??e.vehicles[i]?.name??i]:qa[n]?.includes(r)&&typeof i==`number`?[r,a.tokens(i,t)]:Ja.has(r)?[r,a.time(Number(i))]:[r,typeof i==`number`?a.number(i):i]));return a.common(`check_${n}${r?``:`_failed`}`,o)}renderCurve({pieces:e,energy_wh:t}){let n=this.words,i=e.at(-1)?.end??1,a=e.flatMap(e=>[e.power_w??0,e.baseline_w]),[o,c]=[Math.min(0,...a),Math.max(1,...a)],u=e=>(e/i*Ya).toFixed(1),d=e=>(136-(e-o)/(c-o)*128).toFixed(1),f=!1,p=e.map(e=>{if(e.power_w===null)return f=!1,``;let t=`${f?`L`:`M`}${u(e.start)} ${d(e.power_w)}H${u(e.end)}`;return f=!0,t}).join(``);return l`<svg class="curve" viewBox="0 0 ${Ya} ${Xa}" preserveAspectRatio="none" role="img"
        aria-label=${n.t(`proof_curve`,{energy:n.energy(t)})}>
        ${e.map(e=>e.delivered_ws>0n?s`<rect class="delivered" x=${u(e.start)} width=${((e.end-e.start)/i*Ya).toFixed(1)}
                y=${d(e.baseline_w)} height=${(Number(d(e.baseline_w-Number(e.delivered_ws)/(e.end-e.start)))-Number(d(e.baseline_w))).toFixed(1)}></rect>`:r)}
        <path class="baseline" d="M0 ${d(e[0]?.baseline_w??0)}H${Ya}"></path>
        <path class="reading" d=${p}></path>
      </svg>
      <p class="soft">${n.t(`proof_curve`,{energy:n.energy(t)})}</p>`}};u([o()],Za.prototype,`payment`,void 0),u([t()],Za.prototype,`answer`,void 0),u([t()],Za.prototype,`proof`,void 0),u([t()],Za.prototype,`problem`,void 0),Za=u([f(`tangle-grid-proof`)],Za);var Qa=`0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:`,$a=33,eo=80,to=20;function no(e){let t=`0010${e.length.toString(2).padStart(9,`0`)}`;for(let n=0;n<e.length;n+=2){let[r,i]=[Qa.indexOf(e[n]),Qa.indexOf(e[n+1]??``)];t+=n+1<e.length?(r*45+i).toString(2).padStart(11,`0`):r.toString(2).padStart(6,`0`)}t+=`0`.repeat(Math.min(4,640-t.length)),t+=`0`.repeat((8-t.length%8)%8);let n=t.match(/.{8}/g)?.map(e=>Number.parseInt(e,2))??[];for(let e=0;n.length<eo;e+=1)n.push(e%2?17:236);return n}function ro(e,t){let n=0;for(let r=t,i=e;r;r>>=1,i=i<<1^(i&128?285:0))r&1&&(n^=i);return n&255}function io(e){let t=[1];for(let e=1,n=0;n<to;n+=1,e=ro(e,2)){let n=[...t,0];t.forEach((t,r)=>n[r+1]=n[r+1]^ro(t,e)),t=n}let n=[...e,...Array(to).fill(0)];for(let r=0;r<e.length;r+=1){let e=n[r];t.forEach((t,i)=>n[r+i]=n[r+i]^ro(t,e))}return n.slice(e.length)}function ao(e){if(e.length>114||[...e].some(e=>!Qa.includes(e)))throw RangeError(`no such code`);let t=Array.from({length:$a},()=>Array($a).fill(null)),n=(e,n,r)=>{let i=t[e];i&&n>=0&&n<$a&&(i[n]=r)};for(let[e,t]of[[0,0],[0,26],[26,0]])for(let r=-1;r<=7;r+=1)for(let i=-1;i<=7;i+=1){let a=Math.max(Math.abs(r-3),Math.abs(i-3));n(e+r,t+i,a!==2&&a!==4)}for(let e=-2;e<=2;e+=1)for(let t=-2;t<=2;t+=1)n(26+e,26+t,Math.max(Math.abs(e),Math.abs(t))!==1);for(let e=8;e<25;e+=1)n(6,e,e%2==0),n(e,6,e%2==0);for(let e=0;e<15;e+=1){let t=(30660>>e&1)==1,[r,i]=e<6?[e,8]:e<8?[e+1,8]:e===8?[8,7]:[8,14-e];n(r,i,t),e<8?n(8,32-e,t):n(18+e,8,t)}n(25,8,!0);let r=no(e),i=[...r,...io(r)].map(e=>e.toString(2).padStart(8,`0`)).join(``),a=0;for(let e=32,r=!0;e>0;e-=2,r=!r){e===6&&--e;for(let o=0;o<$a;o+=1){let s=r?32-o:o;for(let r of[e,e-1]){if(t[s]?.[r]!==null)continue;let e=i[a]===`1`;a+=1,n(s,r,e!==((s+r)%2==0))}}}return t.map(e=>e.map(e=>e===!0))}function oo(e){let t=ao(e).flatMap((e,t)=>e.map((e,n)=>e?`M${n+4} ${t+4}h1v1h-1z`:``)).join(``);return s`<rect width=${41} height=${41} fill="#fff"></rect><path d=${t} fill="#000"></path>`}var so=`treasury`,co=3e4,lo=1e6;function uo(e,t){let n=new Map;for(let r of e){if(r.at<t)continue;let e=n.get(r.kind)??{kind:r.kind,in_i:0,out_i:0,wh:0};r.amount_i>0?e.in_i+=r.amount_i:e.out_i-=r.amount_i,e.wh+=r.wh_in+r.wh_out,n.set(r.kind,e)}return[...n.values()].sort((e,t)=>t.in_i+t.out_i-e.in_i-e.out_i)}var fo=class extends c{constructor(...e){super(...e),this.owner=``,this.statement=null,this.problem=``,this.sent=``,this.busy=!1,this.loaded=``,this.loadedAt=0}static{this.styles=[d,a`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 180px) minmax(0, 1fr);
        gap: 16px;
        padding: 12px 0;
      }
      @media (max-width: 600px) {
        :host {
          grid-template-columns: minmax(0, 1fr);
        }
      }
      .qr svg {
        width: 100%;
        max-width: 180px;
        border-radius: 8px;
        display: block;
      }
      .address {
        font-family: var(--code-font-family, monospace);
        font-size: 11px;
        overflow-wrap: anywhere;
        margin: 6px 0;
      }
      form {
        display: flex;
        gap: 8px;
        flex-wrap: wrap;
        align-items: end;
        margin-top: 12px;
      }
      label {
        display: grid;
        gap: 4px;
        font-size: 12px;
        color: var(--tg-soft);
      }
      input,
      select {
        font: inherit;
        font-size: 14px;
        color: var(--primary-text-color);
        background: transparent;
        border: 1px solid var(--tg-line);
        border-radius: 8px;
        padding: 6px 8px;
        min-height: 36px;
        max-width: 100%;
      }
      option {
        color: #202124;
        background: #fff;
      }
    `]}willUpdate(e){super.willUpdate(e),this.hass&&this.owner&&this.watched.state===`live`&&(this.loaded===this.owner&&Date.now()-this.loadedAt<co||(this.loaded=this.owner,this.loadedAt=Date.now(),this.load()))}async load(){let e=this.watched.picture?.wallets[this.owner]?.device_id;if(e)try{let t=await this.hass?.callService(`tangle_grid`,`statement`,{device_id:e},void 0,!1,!0);this.statement=t?.response,this.problem=``}catch(e){this.problem=e.message??String(e)}}renderIsland(e,t){let n=e.wallets[this.owner],i=this.words;if(!n)return l`<p class="soft">${i.t(`no_wallets`)}</p>`;let a=this.hass?.user?.is_admin||n.owners.includes(this.hass?.user?.id??``);return l`<div>${a?this.renderAddress(e):l`<p class="soft">${i.t(`address_for_owners`)}</p>`}</div>
      <div>
        ${this.problem?l`<p class="soft" role="alert">${this.problem}</p>`:this.renderStatement(t)}
        ${a&&n.balance_i>0?this.renderSend(e,t):r}
      </div>`}renderAddress(e){let t=this.words;if(this.owner===so)return l``;let n=e.entities[this.owner]?.receive_address,r=n?this.hass?.states[n]?.attributes.address:void 0;return typeof r==`string`?l`<div class="qr">
      <svg viewBox="0 0 41 41" role="img" aria-label=${t.t(`address_qr`)} shape-rendering="crispEdges">${oo(r)}</svg>
      <p class="address">${r}</p>
      <button @click=${()=>navigator.clipboard?.writeText(r)}>${t.t(`copy_address`)}</button>
    </div>`:l`<p class="soft">${t.t(`no_address`)}</p>`}renderStatement(e){let t=this.words;if(!this.statement)return l`<p class="soft">${t.t(`waiting`)}</p>`;let{lines:n}=this.statement.content,i=uo(n,h(Date.now()/1e3,this.hass?.config.time_zone??`UTC`)),a=uo(n,0);return l`${this.renderSums(t.t(`today_money`),i,e)}
      ${a.length>i.length||a.some((e,t)=>e.in_i!==i[t]?.in_i||e.out_i!==i[t]?.out_i)?this.renderSums(t.t(`month_money`,{month:this.statement.month}),a,e):r}
      <p style="margin-top:8px"><a href=${this.statement.url} download>${t.t(`statement_file`)}</a></p>`}renderSums(e,t,n){let i=this.words,a=t.reduce((e,t)=>e+t.in_i-t.out_i,0),o=Math.max(1,...t.map(e=>Math.max(e.in_i,e.out_i)));return t.length===0?l`<p><b>${e}</b> <span class="soft">${i.t(`nothing_yet`)}</span></p>`:l`<table>
      <caption class="spread" style="text-align:start;padding:4px 8px"><b>${e}</b></caption>
      <thead class="hidden"><tr><th>${i.t(`what`)}</th><th>${i.t(`amount`)}</th></tr></thead>
      <tbody>
        ${t.map(e=>{let t=e.in_i-e.out_i;return l`<tr>
            <td>
              ${i.maybe(`book_${e.kind}`)??e.kind.replaceAll(`_`,` `)}
              ${e.wh?l`<span class="soft">${i.energy(e.wh)}</span>`:r}
              <svg width="100%" height="4" aria-hidden="true">${s`<rect width="${(Math.abs(t)/o*100).toFixed(0)}%" height="4" rx="2" fill=${t<0?`var(--tg-soft)`:`var(--tg-good)`}></rect>`}</svg>
            </td>
            <td class="number">${t>0?`+`:``}${i.tokens(t,n)}</td>
          </tr>`})}
      </tbody>
      <tfoot><tr><th>${i.t(`total`)}</th><th class="number">${a>0?`+`:``}${i.tokens(a,n)}</th></tr></tfoot>
    </table>`}renderSend(e,t){let n=this.words,r=Object.entries(e.wallets).filter(([e,t])=>e!==this.owner&&t.device_id);return l`<form @submit=${n=>this.send(n,e,t)}>
        <label>${n.t(`send_to`)}
          <select name="to">${r.map(([e,t])=>l`<option value=${e}>${t.kind===`treasury`?n.t(`treasury`,{name:t.name}):t.name}</option>`)}</select>
        </label>
        <label>${n.t(`send_amount`)}<input name="amount" type="number" min="0.000001" step="0.000001" required /></label>
        <button type="submit" ?disabled=${this.busy}>${n.t(`send`)}</button>
      </form>
      <p role="status">${this.sent}</p>`}async send(e,t,n){e.preventDefault();let r=e.currentTarget,i=new FormData(r),a=t.wallets[String(i.get(`to`))],o=Math.round(Number(i.get(`amount`))*lo),s=this.words;if(!(!a||!Number.isSafeInteger(o)||o<=0)&&window.confirm(s.t(`send_sure`,{tokens:s.tokens(o,n),name:a.name}))){this.busy=!0;try{let e={device_id:t.wallets[this.owner]?.device_id,target_device_id:a.device_id,amount:o};await this.hass?.callService(`tangle_grid`,`send_tokens`,e,void 0,!1,!0),this.sent=s.t(`sent`,{tokens:s.tokens(o,n),name:a.name}),r.reset()}catch(e){this.sent=e.message??String(e)}finally{this.busy=!1}}}};u([o()],fo.prototype,`owner`,void 0),u([t()],fo.prototype,`statement`,void 0),u([t()],fo.prototype,`problem`,void 0),u([t()],fo.prototype,`sent`,void 0),u([t()],fo.prototype,`busy`,void 0),fo=u([f(`tangle-grid-wallet`)],fo);var po=1e4,mo=30,ho=class extends c{constructor(...e){super(...e),this.messages=null,this.payments=null,this.problem=``,this.kind=``,this.all=!1,this.opened=null,this.proofs=new Set,this.wallet=``,this.topic=``,this.loadedAt=0,this.loaded=``}static{this.styles=[d,a`
      :host {
        display: block;
      }
      section {
        margin-bottom: 16px;
      }
      .hash {
        font-family: var(--code-font-family, monospace);
        font-size: 12px;
        overflow-wrap: anywhere;
      }
      pre {
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        font-size: 12px;
        margin: 8px 0 0;
      }
      .message {
        width: 100%;
        text-align: start;
        border-radius: 8px;
        border: 0;
        border-bottom: 1px solid var(--tg-line);
        padding: 8px 4px;
      }
      .message .spread {
        flex-wrap: wrap;
        gap: 2px 12px;
      }
      .payments {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      .payments > li {
        display: grid;
        grid-template-columns: 110px minmax(0, 1fr) auto 90px 90px;
        gap: 2px 12px;
        align-items: center;
        min-height: 48px;
        padding: 4px 0;
        border-bottom: 1px solid var(--tg-line);
      }
      .payments tangle-grid-proof {
        grid-column: 1 / -1;
      }
      .payments > li > :last-child:not(tangle-grid-proof),
      .payments > li > :nth-child(5) {
        text-align: end;
      }
      @media (max-width: 640px) {
        .payments > li {
          grid-template-columns: minmax(0, 1fr) auto;
        }
        .payments > li > :nth-child(2) {
          order: -2;
        }
        .payments > li > :nth-child(3) {
          order: -1;
          text-align: end;
        }
        .payments > li > :nth-child(4) {
          grid-column: 1;
        }
        .payments > li > :nth-child(5) {
          grid-area: 2 / 2 / span 2;
        }
      }
      td {
        vertical-align: middle;
      }
      .plain {
        border: 0;
        padding: 0 4px;
        color: var(--tg-link);
        text-align: start;
      }
      .service {
        padding: 8px 0;
        border-top: 1px solid var(--tg-line);
        align-items: center;
      }
    `]}willUpdate(e){if(super.willUpdate(e),!this.island||!this.entryId||this.watched.state!==`live`)return;let t=`${this.entryId}/${this.kind}`;t===this.loaded&&Date.now()-this.loadedAt<po||(this.loaded=t,this.loadedAt=Date.now(),this.load())}async load(){let e={config_entry_id:this.entryId,limit:mo};try{let[t,n]=await Promise.all([this.ask(`get_messages`,{...e,...this.kind?{kind:this.kind}:{}}),this.ask(`get_payments`,e)]);this.messages=t.messages??[],this.payments=n.payments??[],this.problem=``}catch(e){this.problem=e.message??String(e)}}async ask(e,t){return(await this.hass?.callService(`tangle_grid`,e,t,void 0,!1,!0))?.response}renderIsland(e,t){let n=this.words;return l`
      ${this.problem?l`<p class="failed" role="alert">${this.problem}</p>`:r}
      <section class="box">
        <h2>${n.t(`wallets`)}</h2>
        <div class="scroll">${this.renderWallets(e,t)}</div>
      </section>
      <section class="box">
        <h2>${n.t(`the_tangle`)}</h2>
        ${this.renderLedger(e)}
        <tangle-grid-graph .hass=${this.hass} .entryId=${this.entryId} @tangle-grid-transaction=${this.openTransaction}></tangle-grid-graph>
        ${this.renderMessages(t)}
      </section>
      <section class="box">
        <h2>${n.t(`payments`)}</h2>
        ${this.renderPayments(t)}
      </section>
      ${this.renderServices(e)}
    `}renderWallets(e,t){let n=this.words,i=Object.entries(e.wallets).sort(go),a=this.all?i:i.filter(([,e])=>e.balance_i>0);return i.length===0?l`<p class="soft">${n.t(`no_wallets`)}</p>`:l`<table>
      <thead>
        <tr>
          <th>${n.t(`whose`)}</th>
          <th class="number">${n.t(`balance`)}</th>
          <th class="number">${n.t(`earned`)}</th>
        </tr>
      </thead>
      <tbody>
        ${a.map(([i,a])=>l`<tr>
              <td>
                <button class="plain" aria-expanded=${this.wallet===i} @click=${()=>this.wallet=this.wallet===i?``:i}>
                  ${a.kind===`treasury`?n.t(`treasury`,{name:a.name}):a.name}
                </button>
              </td>
              <td class="number">${n.tokens(a.balance_i,t)}</td>
              <td class="number">${n.tokens(e.participants[i]?.earned_i??null,t)}</td>
            </tr>
            ${this.wallet===i?l`<tr><td colspan="3">
                  <tangle-grid-wallet .hass=${this.hass} .entryId=${this.entryId} .owner=${i}></tangle-grid-wallet>
                </td></tr>`:r}`)}
      </tbody>
    </table>
    ${i.length>a.length||this.all?l`<button style="margin-top:8px" aria-pressed=${this.all} @click=${()=>this.all=!this.all}>
          ${n.t(`all_wallets`,{count:i.length})}
        </button>`:r}`}renderPayments(e){let t=this.words;return this.payments===null?l`<p class="soft">${t.t(`waiting`)}</p>`:this.payments.length===0?l`<p class="soft">${t.t(`no_payments`)}</p>`:l`<ul class="payments">
      ${this.payments.map(n=>{let i=this.proofs.has(n.payment_id);return l`<li>
          <span class="soft number">${this.at(n.created_at,e)}</span>
          <span>${vo(n.source)} → ${vo(n.target)}</span>
          <span class="number">${t.tokens(n.amount,e)}</span>
          <span class="soft">${t.maybe(`payment_${n.state}`)??n.state}</span>
          <span>
            ${_o(n)?l`<button aria-expanded=${i} @click=${()=>this.toggled(n)}>${t.t(`verify`)}</button>`:r}
          </span>
          ${i?l`<tangle-grid-proof .hass=${this.hass} .entryId=${this.entryId} .payment=${n.payment_id}></tangle-grid-proof>`:r}
        </li>`})}
    </ul>`}toggled(e){let t=new Set(this.proofs);t.delete(e.payment_id)||t.add(e.payment_id),this.proofs=t}openTransaction(e){let t=this.messages?.find(t=>t.transaction===e.detail);!t&&this.kind&&(this.kind=``),this.opened=t?.message_id??null,this.updateComplete.then(()=>this.renderRoot.querySelector(`button.message[aria-expanded='true']`)?.scrollIntoView({block:`center`}))}renderServices(t){let n=this.words,i=Object.entries(t.services);return i.length===0?r:l`<section class="box">
      <h2>${n.t(`services`)}</h2>
      ${i.map(([i,a])=>{let o=t.wallets[i],s=this.topic===i;return l`<div class="spread service">
            <span><b>${a.name}</b> <span class="soft">${n.t(`service_${a.kind}`)}</span></span>
            <span class="row">
              <span class="number">${o?n.tokens(o.balance_i,this.island):r}</span>
              ${a.kind===`data_topic`&&a.device_id?l`<button aria-expanded=${s} @click=${()=>this.topic=s?``:i}>${n.t(`findings`)}</button>`:r}
              ${a.device_id?l`<button @click=${()=>e(`/config/devices/device/${a.device_id}`)}>${n.t(`all_entities`)}</button>`:r}
            </span>
          </div>
          ${s?l`<tangle-grid-findings .hass=${this.hass} .entryId=${this.entryId} .device=${a.device_id??``}></tangle-grid-findings>`:r}`})}
    </section>`}renderLedger(e){let t=this.words,n=e.ledger[0];return n?.open?l`<p class="soft">
      ${t.t(`ledger_line`,{transactions:n.transactions==null?`?`:t.number(n.transactions),milestone:n.milestone==null?`?`:t.number(n.milestone),queued:n.queued??0})}
    </p>`:l`<p class="old">${t.t(`ledger_away`)} ${n?.error??``}</p>`}renderMessages(e){let t=this.words;return l`<div class="row" role="group" aria-label=${t.t(`kinds`)} style="margin:12px 0">
        ${[``,`meter`,`request`,`answer`,`settlement`,`payment`,`data`].map(e=>l`<button aria-pressed=${this.kind===e} @click=${()=>this.kind=e}>
            ${t.t(e?`kind_${e}`:`kind_all`)}
          </button>`)}
      </div>
      ${this.messages===null?l`<p class="soft">${t.t(`waiting`)}</p>`:this.messages.length===0?l`<p class="soft">${t.t(`no_messages`)}</p>`:this.messages.map(t=>this.renderMessage(t,e))}`}renderMessage(e,t){let n=this.words,i=this.opened===e.message_id,a=e.verified?n.t(`signature_good`):e.rejection??n.t(`signature_unknown`);return l`<button
        class="message"
        aria-expanded=${i}
        @click=${()=>this.opened=i?null:e.message_id}
      >
        <span class="spread">
          <span>${this.sentence(e,t)}</span>
          <span class="chip ${e.verified?`good`:`warn`}">${e.verified?`✓`:`?`} ${a}</span>
        </span>
        <span class="soft">
          ${this.at(e.issued_at,t)} ·
          ${e.participant??t.title} · ${e.confirmed?n.t(`confirmed`):n.t(`unconfirmed`)}
        </span>
      </button>
      ${i?l`<dl>
              ${Object.entries(e.body).map(([e,n])=>this.renderField(e,n,t))}
              <dt>${n.t(`transaction`)}</dt>
              <dd class="hash">${e.transaction}</dd>
              <dt>${n.t(`sequence`)}</dt>
              <dd>${e.sequence}</dd>
            </dl>
            <details>
              <summary>${n.t(`as_signed`)}</summary>
              <pre>${JSON.stringify(e.body,null,2)}</pre>
            </details>`:r}`}renderField(e,t,n){let i=this.words,a=i.maybe(`field_${e}`);if(!a||t==null)return r;let o;return o=Array.isArray(t)?t.map((e,t)=>`L${t+1} ${i.power(Number(e))}`).join(` · `):typeof t==`boolean`?i.t(t?`yes`:`no`):e===`participant`?this.nameOf(t):typeof t==`number`?e.endsWith(`_at`)||e===`answer_by`?i.time(t):e.endsWith(`_wh`)?i.energy(t):e.endsWith(`_w`)?i.power(t):e.endsWith(`_i`)||e.startsWith(`rate`)?i.tokens(t,n):i.number(t,+!Number.isInteger(t)):String(t),l`<dt>${a}</dt><dd>${o}</dd>`}at(e,t){if(!e)return`–`;let n=this.words,r=m(t,Date.parse(e)/1e3),i=this.hass?.config.time_zone??`UTC`;return h(r,i)===h(n.now(t),i)?n.time(r,!0):n.date(r)}nameOf(e){let t=this.watched.picture,n=String(e??`?`);return(t?.participants[n]??t?.vehicles[n]??t?.services[n]??t?.wallets[n])?.name??vo(n)}sentence(e,t){let n=this.words,r=e.body;if(e.sealed&&(`sealed`in r||Object.keys(r).length===0))return n.t(`message_sealed`);let i=e=>this.nameOf(r[e]);switch(e.kind){case`meter`:{let e=r.power_w?.reduce((e,t)=>e+t,0)??null;return n.t(`message_meter`,{power:n.power(e)})}case`request`:return n.t(`message_request`,{name:i(`participant`),power:n.power(Number(r.power_w))});case`answer`:return n.t(r.accepted?`message_yes`:`message_no`,{name:i(`participant`),power:n.power(Number(r.power_w))});case`settlement`:return n.t(`message_settlement`,{name:i(`participant`),energy:n.energy(Number(r.energy_wh)),tokens:n.tokens(Number(r.amount_i),t)});case`payment`:{let e=r.payments??[],i=e.reduce((e,t)=>e+t.amount_i,0),a=[...new Set(e.map(e=>this.nameOf(e.to)))].join(`, `);return n.t(`message_payment`,{names:a,tokens:n.tokens(i,t)})}case`key`:return n.t(r.public_key?`message_key`:`message_key_ended`,{name:i(`participant`)});case`report`:return n.t(`message_report`,{topic:i(`topic`)});case`data`:return n.t(`message_data`,{topic:i(`topic`)});default:return n.t(`message_other`,{kind:e.kind})}}};u([t()],ho.prototype,`messages`,void 0),u([t()],ho.prototype,`payments`,void 0),u([t()],ho.prototype,`problem`,void 0),u([t()],ho.prototype,`kind`,void 0),u([t()],ho.prototype,`all`,void 0),u([t()],ho.prototype,`opened`,void 0),u([t()],ho.prototype,`proofs`,void 0),u([t()],ho.prototype,`wallet`,void 0),u([t()],ho.prototype,`topic`,void 0),ho=u([f(`tangle-grid-tangle`)],ho);function go([,e],[,t]){return Number(t.kind===`treasury`)-Number(e.kind===`treasury`)||t.balance_i-e.balance_i}function _o(e){return/^[0-9a-f]{12}:/.test(e.payment_id)}function vo(e){return e.length>40?`${e.slice(0,8)}…`:e}