import{a as e,c as t,d as n,f as r,g as i,h as a,l as o,m as s,o as c,p as l,s as u,t as d,u as f}from"./transformer-BYaxlGvN.js";import{c as p,o as m,r as h,s as g}from"./words-zZ-k-qX8.js";var _=!0,v=`uplot`,y=`u-hz`,b=`u-vt`,x=`u-title`,S=`u-wrap`,C=`u-under`,w=`u-over`,T=`u-axis`,E=`u-off`,ee=`u-select`,te=`u-cursor-x`,ne=`u-cursor-y`,re=`u-cursor-pt`,ie=`u-legend`,ae=`u-live`,oe=`u-inline`,se=`u-series`,ce=`u-marker`,le=`u-label`,ue=`u-value`,de=`width`,fe=`height`,pe=`top`,me=`bottom`,he=`left`,ge=`right`,D=`#000`,_e=`#0000`,ve=`mousemove`,ye=`mousedown`,be=`mouseup`,xe=`mouseenter`,Se=`mouseleave`,Ce=`dblclick`,we=`resize`,O=`scroll`,Te=`change`,Ee=`dppxchange`,De=`--`,k=typeof window<`u`,Oe=k?document:null,ke=k?window:null,Ae=k?navigator:null,A,je;function Me(){let e=devicePixelRatio;A!=e&&(A=e,je&&Ge(Te,je,Me),je=matchMedia(`(min-resolution: ${A-.001}dppx) and (max-resolution: ${A+.001}dppx)`),We(Te,je,Me),ke.dispatchEvent(new CustomEvent(Ee)))}function Ne(e,t){if(t!=null){let n=e.classList;!n.contains(t)&&n.add(t)}}function Pe(e,t){let n=e.classList;n.contains(t)&&n.remove(t)}function j(e,t,n){e.style[t]=n+`px`}function Fe(e,t,n,r){let i=Oe.createElement(e);return t!=null&&Ne(i,t),n?.insertBefore(i,r),i}function Ie(e,t){return Fe(`div`,e,t)}var Le=new WeakMap;function Re(e,t,n,r,i){let a=`translate(`+t+`px,`+n+`px)`;a!=Le.get(e)&&(e.style.transform=a,Le.set(e,a),t<0||n<0||t>r||n>i?Ne(e,E):Pe(e,E))}var M=new WeakMap;function ze(e,t,n){let r=t+n;r!=M.get(e)&&(M.set(e,r),e.style.background=t,e.style.borderColor=n)}var Be=new WeakMap;function Ve(e,t,n,r){let i=t+``+n;i!=Be.get(e)&&(Be.set(e,i),e.style.height=n+`px`,e.style.width=t+`px`,e.style.marginLeft=r?-t/2+`px`:0,e.style.marginTop=r?-n/2+`px`:0)}var He={passive:!0},Ue={...He,capture:!0};function We(e,t,n,r){t.addEventListener(e,n,r?Ue:He)}function Ge(e,t,n,r){t.removeEventListener(e,n,He)}k&&Me();function Ke(e,t,n,r){let i;n||=0,r||=t.length-1;let a=r<=2147483647;for(;r-n>1;)i=a?n+r>>1:R((n+r)/2),t[i]<e?n=i:r=i;return e-t[n]<=t[r]-e?n:r}function N(e){return(t,n,r)=>{let i=-1,a=-1;for(let a=n;a<=r;a++)if(e(t[a])){i=a;break}for(let i=r;i>=n;i--)if(e(t[i])){a=i;break}return[i,a]}}var qe=e=>e!=null,Je=e=>e!=null&&e>0,Ye=N(qe),Xe=N(Je);function Ze(e,t,n,r=0,i=!1){let a=i?Xe:Ye,o=i?Je:qe;[t,n]=a(e,t,n);let s=e[t],c=e[t];if(t>-1){if(r==1)s=e[t],c=e[n];else if(r==-1)s=e[n],c=e[t];else for(let r=t;r<=n;r++){let t=e[r];o(t)&&(t<s?s=t:t>c&&(c=t))}}return[s??z,c??-z]}function Qe(e,t,n,r){let i=mt(e),a=mt(t);e==t&&(i==-1?(e*=n,t/=n):(e/=n,t*=n));let o=n==10?ht:gt,s=i==1?R:ut,c=a==1?ut:R,l=s(o(ct(e))),u=c(o(ct(t))),d=pt(n,l),f=pt(n,u);return n==10&&(l<0&&(d=V(d,-l)),u<0&&(f=V(f,-u))),r||n==2?(e=d*i,t=f*a):(e=Mt(e,d),t=jt(t,f)),[e,t]}function $e(e,t,n,r){let i=Qe(e,t,n,r);return e==0&&(i[0]=0),t==0&&(i[1]=0),i}var et=.1,tt={mode:3,pad:et},nt={pad:0,soft:null,mode:0},rt={min:nt,max:nt};function it(e,t,n,r){return Ut(n)?F(e,t,n):(nt.pad=n,nt.soft=r?0:null,nt.mode=r?3:0,F(e,t,rt))}function P(e,t){return e??t}function at(e,t,n){for(t=P(t,0),n=P(n,e.length-1);t<=n;){if(e[t]!=null)return!0;t++}return!1}function F(e,t,n){let r=n.min,i=n.max,a=P(r.pad,0),o=P(i.pad,0),s=P(r.hard,-z),c=P(i.hard,z),l=P(r.soft,z),u=P(i.soft,-z),d=P(r.mode,0),f=P(i.mode,0),p=t-e,m=ht(p),h=ft(ct(e),ct(t)),g=ct(ht(h)-m);(p<1e-24||g>10)&&(p=0,(e==0||t==0)&&(p=1e-24,d==2&&l!=z&&(a=0),f==2&&u!=-z&&(o=0)));let _=p||h||1e3,v=pt(10,R(ht(_))),y=V(Mt(e-_*(p==0?e==0?.1:1:a),v/10),24),b=e>=l&&(d==1||d==3&&y<=l||d==2&&y>=l)?l:z,x=ft(s,y<b&&e>=b?b:dt(b,y)),S=V(jt(t+_*(p==0?t==0?.1:1:o),v/10),24),C=t<=u&&(f==1||f==3&&S>=u||f==2&&S<=u)?u:-z,w=dt(c,S>C&&t<=C?C:ft(C,S));return x==w&&x==0&&(w=100),[x,w]}var I=new Intl.NumberFormat(k?Ae.language:`en-US`),ot=e=>I.format(e),L=Math,st=L.PI,ct=L.abs,R=L.floor,lt=L.round,ut=L.ceil,dt=L.min,ft=L.max,pt=L.pow,mt=L.sign,ht=L.log10,gt=L.log2,_t=(e,t=1)=>L.sinh(e)*t,vt=(e,t=1)=>L.asinh(e/t),z=1/0;function yt(e){return(ht((e^e>>31)-(e>>31))|0)+1}function bt(e,t,n){return dt(ft(e,t),n)}function xt(e){return typeof e==`function`}function B(e){return xt(e)?e:()=>e}var St=()=>{},Ct=e=>e,wt=(e,t)=>t,Tt=e=>null,Et=e=>!0,Dt=(e,t)=>e==t,Ot=/\.\d*?(?=9{6,}|0{6,})/gm,kt=e=>{if(Bt(e)||Nt.has(e))return e;let t=`${e}`,n=t.match(Ot);if(n==null)return e;let r=n[0].length-1;if(t.indexOf(`e-`)!=-1){let[e,n]=t.split(`e`);return+`${kt(e)}e${n}`}return V(e,r)};function At(e,t){return kt(V(kt(e/t))*t)}function jt(e,t){return kt(ut(kt(e/t))*t)}function Mt(e,t){return kt(R(kt(e/t))*t)}function V(e,t=0){if(Bt(e))return e;let n=10**t;return lt(e*n*(1+2**-52))/n}var Nt=new Map;function Pt(e){return((``+e).split(`.`)[1]||``).length}function Ft(e,t,n,r){let i=[],a=r.map(Pt);for(let o=t;o<n;o++){let t=ct(o),n=V(pt(e,o),t);for(let s=0;s<r.length;s++){let c=e==10?+`${r[s]}e${o}`:r[s]*n,l=(o>=0?0:t)+(o>=a[s]?0:a[s]),u=e==10?c:V(c,l);i.push(u),Nt.set(u,l)}}return i}var It={},Lt=[],Rt=[null,null],zt=Array.isArray,Bt=Number.isInteger,Vt=e=>e===void 0;function Ht(e){return typeof e==`string`}function Ut(e){let t=!1;if(e!=null){let n=e.constructor;t=n==null||n==Object}return t}function Wt(e){return typeof e==`object`&&!!e}var Gt=Object.getPrototypeOf(Uint8Array),Kt=`__proto__`;function qt(e,t=Ut){let n;if(zt(e)){let r=e.find(e=>e!=null);if(zt(r)||t(r)){n=Array(e.length);for(let r=0;r<e.length;r++)n[r]=qt(e[r],t)}else n=e.slice()}else if(e instanceof Gt)n=e.slice();else if(t(e)){n={};for(let r in e)r!=Kt&&(n[r]=qt(e[r],t))}else n=e;return n}function Jt(e){let t=arguments;for(let n=1;n<t.length;n++){let r=t[n];for(let t in r)t!=Kt&&(Ut(e[t])?Jt(e[t],qt(r[t])):e[t]=qt(r[t]))}return e}var Yt=0,Xt=1,Zt=2;function Qt(e,t,n){for(let r=0,i,a=-1;r<t.length;r++){let o=t[r];if(o>a){for(i=o-1;i>=0&&e[i]==null;)e[i--]=null;for(i=o+1;i<n&&e[i]==null;)e[a=i++]=null}}}function H(e,t){if(en(e)){let t=e[0].slice();for(let n=1;n<e.length;n++)t.push(...e[n].slice(1));return tn(t[0])||(t=U(t)),t}let n=new Set;for(let t=0;t<e.length;t++){let r=e[t][0],i=r.length;for(let e=0;e<i;e++)n.add(r[e])}let r=[Array.from(n).sort((e,t)=>e-t)],i=r[0].length,a=new Map;for(let e=0;e<i;e++)a.set(r[0][e],e);for(let n=0;n<e.length;n++){let o=e[n],s=o[0];for(let e=1;e<o.length;e++){let c=o[e],l=Array(i).fill(void 0),u=t?t[n][e]:Xt,d=[];for(let e=0;e<c.length;e++){let t=c[e],n=a.get(s[e]);t===null?u!=Yt&&(l[n]=t,u==Zt&&d.push(n)):l[n]=t}Qt(l,d,i),r.push(l)}}return r}var $t=typeof queueMicrotask>`u`?e=>Promise.resolve().then(e):queueMicrotask;function U(e){let t=e[0],n=t.length,r=Array(n);for(let e=0;e<r.length;e++)r[e]=e;r.sort((e,n)=>t[e]-t[n]);let i=[];for(let t=0;t<e.length;t++){let a=e[t],o=Array(n);for(let e=0;e<n;e++)o[e]=a[r[e]];i.push(o)}return i}function en(e){let t=e[0][0],n=t.length;for(let r=1;r<e.length;r++){let i=e[r][0];if(i.length!=n)return!1;if(i!=t){for(let e=0;e<n;e++)if(i[e]!=t[e])return!1}}return!0}function tn(e,t=100){let n=e.length;if(n<=1)return!0;let r=0,i=n-1;for(;r<=i&&e[r]==null;)r++;for(;i>=r&&e[i]==null;)i--;if(i<=r)return!0;let a=ft(1,R((i-r+1)/t));for(let t=e[r],n=r+a;n<=i;n+=a){let r=e[n];if(r!=null){if(r<=t)return!1;t=r}}return!0}var nn=[`January`,`February`,`March`,`April`,`May`,`June`,`July`,`August`,`September`,`October`,`November`,`December`],rn=[`Sunday`,`Monday`,`Tuesday`,`Wednesday`,`Thursday`,`Friday`,`Saturday`];function an(e){return e.slice(0,3)}var on=rn.map(an),sn={MMMM:nn,MMM:nn.map(an),WWWW:rn,WWW:on};function cn(e){return(e<10?`0`:``)+e}function ln(e){return(e<10?`00`:e<100?`0`:``)+e}var un={YYYY:e=>e.getFullYear(),YY:e=>(e.getFullYear()+``).slice(2),MMMM:(e,t)=>t.MMMM[e.getMonth()],MMM:(e,t)=>t.MMM[e.getMonth()],MM:e=>cn(e.getMonth()+1),M:e=>e.getMonth()+1,DD:e=>cn(e.getDate()),D:e=>e.getDate(),WWWW:(e,t)=>t.WWWW[e.getDay()],WWW:(e,t)=>t.WWW[e.getDay()],HH:e=>cn(e.getHours()),H:e=>e.getHours(),h:e=>{let t=e.getHours();return t==0?12:t>12?t-12:t},AA:e=>e.getHours()>=12?`PM`:`AM`,aa:e=>e.getHours()>=12?`pm`:`am`,a:e=>e.getHours()>=12?`p`:`a`,mm:e=>cn(e.getMinutes()),m:e=>e.getMinutes(),ss:e=>cn(e.getSeconds()),s:e=>e.getSeconds(),fff:e=>ln(e.getMilliseconds())};function dn(e,t){t||=sn;let n=[],r=/\{([a-z]+)\}|[^{]+/gi,i;for(;i=r.exec(e);)n.push(i[0][0]==`{`?un[i[1]]:i[0]);return e=>{let r=``;for(let i=0;i<n.length;i++)r+=typeof n[i]==`string`?n[i]:n[i](e,t);return r}}var fn=new Intl.DateTimeFormat().resolvedOptions().timeZone;function pn(e,t){let n;return t==`UTC`||t==`Etc/UTC`?n=new Date(+e+e.getTimezoneOffset()*6e4):t==fn?n=e:(n=new Date(e.toLocaleString(`en-US`,{timeZone:t})),n.setMilliseconds(e.getMilliseconds())),n}var mn=e=>e%1==0,hn=[1,2,2.5,5],gn=Ft(10,-32,0,hn),_n=Ft(10,0,32,hn),vn=_n.filter(mn),yn=gn.concat(_n),bn=`
`,xn=`{YYYY}`,Sn=bn+xn,Cn=`{M}/{D}`,wn=bn+Cn,Tn=wn+`/{YY}`,En=`{aa}`,W=`{h}:{mm}`+En,Dn=bn+W,On=`:{ss}`,G=null;function kn(e){let t=e*1e3,n=t*60,r=n*60,i=r*24,a=i*30,o=i*365,s=(e==1?Ft(10,0,3,hn).filter(mn):Ft(10,-3,0,hn)).concat([t,t*5,t*10,t*15,t*30,n,n*5,n*10,n*15,n*30,r,r*2,r*3,r*4,r*6,r*8,r*12,i,i*2,i*3,i*4,i*5,i*6,i*7,i*8,i*9,i*10,i*15,a,a*2,a*3,a*4,a*6,o,o*2,o*5,o*10,o*25,o*50,o*100]),c=[[o,xn,G,G,G,G,G,G,1],[i*28,`{MMM}`,Sn,G,G,G,G,G,1],[i,Cn,Sn,G,G,G,G,G,1],[r,`{h}`+En,Tn,G,wn,G,G,G,1],[n,W,Tn,G,wn,G,G,G,1],[t,On,Tn+` `+W,G,wn+` `+W,G,Dn,G,1],[e,On+`.{fff}`,Tn+` `+W,G,wn+` `+W,G,Dn,G,1]];function l(t){return(s,c,l,u,d,f)=>{let p=[],m=d>=o,h=d>=a&&d<o,g=t(l),_=V(g*e,3),v=zn(g.getFullYear(),m?0:g.getMonth(),h||m?1:g.getDate()),y=V(v*e,3);if(h||m){let n=h?d/a:0,r=m?d/o:0,i=_==y?_:V(zn(v.getFullYear()+r,v.getMonth()+n,1)*e,3),s=new Date(lt(i/e)),c=s.getFullYear(),l=s.getMonth();for(let a=0;i<=u;a++){let o=zn(c+r*a,l+n*a,1),s=o-t(V(o*e,3));i=V((+o+s)*e,3),i<=u&&p.push(i)}}else{let a=d>=i?i:d,o=y+(R(l)-R(_))+jt(_-y,a);p.push(o);let m=t(o),h=m.getHours()+m.getMinutes()/n+m.getSeconds()/r,g=d/r,v=f/s.axes[c]._space;for(;o=V(o+d,e==1?0:3),!(o>u);)if(g>1){let e=R(V(h+g,6))%24,n=t(o).getHours()-e;n>1&&(n=-1),o-=n*r,h=(h+g)%24;let i=p[p.length-1];V((o-i)/d,3)*v>=.7&&p.push(o)}else p.push(o)}return p}}return[s,c,l]}var[An,jn,Mn]=kn(1),[Nn,Pn,Fn]=kn(.001);Ft(2,-53,53,[1]);function In(e,t){return e.map(e=>e.map((n,r)=>r==0||r==8||n==null?n:t(r==1||e[8]==0?n:e[1]+n)))}function Ln(e,t){return(n,r,i,a,o)=>{let s=t.find(e=>o>=e[0])||t[t.length-1],c,l,u,d,f,p;return r.map(t=>{let n=e(t),r=n.getFullYear(),i=n.getMonth(),a=n.getDate(),o=n.getHours(),m=n.getMinutes(),h=n.getSeconds(),g=r!=c&&s[2]||i!=l&&s[3]||a!=u&&s[4]||o!=d&&s[5]||m!=f&&s[6]||h!=p&&s[7]||s[1];return c=r,l=i,u=a,d=o,f=m,p=h,g(n)})}}function Rn(e,t){let n=dn(t);return(t,r,i,a,o)=>r.map(t=>n(e(t)))}function zn(e,t,n){return new Date(e,t,n)}function Bn(e,t){return t(e)}var Vn=`{YYYY}-{MM}-{DD} {h}:{mm}{aa}`;function Hn(e,t){return(n,r,i,a)=>a==null?De:t(e(r))}function Un(e,t){let n=e.series[t];return n.width?n.stroke(e,t):n.points.width?n.points.stroke(e,t):null}function Wn(e,t){return e.series[t].fill(e,t)}var Gn={show:!0,live:!0,isolate:!1,mount:St,markers:{show:!0,width:2,stroke:Un,fill:Wn,dash:`solid`},idx:null,idxs:null,values:[]};function Kn(e,t){let n=e.cursor.points,r=Ie(),i=n.size(e,t);j(r,de,i),j(r,fe,i);let a=i/-2;j(r,`marginLeft`,a),j(r,`marginTop`,a);let o=n.width(e,t,i);return o&&j(r,`borderWidth`,o),r}function qn(e,t){let n=e.series[t].points;return n._fill||n._stroke}function Jn(e,t){let n=e.series[t].points;return n._stroke||n._fill}function Yn(e,t){return e.series[t].points.size}var Xn=[0,0];function Zn(e,t,n){return Xn[0]=t,Xn[1]=n,Xn}function Qn(e,t,n,r=!0){return e=>{e.button!=0||r&&e.target!=t||n(e)}}function $n(e,t,n,r=!0){return e=>{r&&e.target!=t||n(e)}}var er={show:!0,x:!0,y:!0,lock:!1,move:Zn,points:{one:!1,show:Kn,size:Yn,width:0,stroke:Jn,fill:qn},bind:{mousedown:Qn,mouseup:Qn,click:Qn,dblclick:Qn,mousemove:$n,mouseleave:$n,mouseenter:$n},drag:{setScale:!0,x:!0,y:!1,dist:0,uni:null,click:(e,t)=>{t.stopPropagation(),t.stopImmediatePropagation()},_x:!1,_y:!1},focus:{dist:(e,t,n,r,i)=>r-i,prox:-1,bias:0},hover:{skip:[void 0],prox:null,bias:0},left:-10,top:-10,idx:null,dataIdx:null,idxs:null,event:null},tr={show:!0,stroke:`rgba(0,0,0,0.07)`,width:2},K=Jt({},tr,{filter:wt}),nr=Jt({},K,{size:10}),rr=Jt({},tr,{show:!1}),ir=`12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif, "Apple Color Emoji", "Segoe UI Emoji", "Segoe UI Symbol", "Noto Color Emoji"`,ar=`bold `+ir,or=1.5,sr={show:!0,scale:`x`,stroke:D,space:50,gap:5,alignTo:1,size:50,labelGap:0,labelSize:30,labelFont:ar,side:2,grid:K,ticks:nr,border:rr,font:ir,lineGap:or,rotate:0},cr=`Value`,lr=`Time`,ur={show:!0,scale:`x`,auto:!1,sorted:1,min:z,max:-1/0,idxs:[]};function dr(e,t,n,r,i){return t.map(e=>e==null?``:ot(e))}function fr(e,t,n,r,i,a,o){let s=[],c=Nt.get(i)||0;n=o?n:V(jt(n,i),c);for(let e=n;e<=r;e=V(e+i,c))s.push(Object.is(e,-0)?0:e);return s}function pr(e,t,n,r,i,a,o){let s=[],c=e.scales[e.axes[t].scale].log;i=pt(c,R((c==10?ht:gt)(n))),c==10&&(i=yn[Ke(i,yn)]);let l=n,u=i*c;c==10&&(u=yn[Ke(u,yn)]);do s.push(l),l+=i,c==10&&!Nt.has(l)&&(l=V(l,Nt.get(i))),l>=u&&(i=l,u=i*c,c==10&&(u=yn[Ke(u,yn)]));while(l<=r);return s}function mr(e,t,n,r,i,a,o){let s=e.scales[e.axes[t].scale].asinh,c=r>s?pr(e,t,ft(s,n),r,i):[s],l=r>=0&&n<=0?[0]:[];return(n<-s?pr(e,t,ft(s,-r),-n,i):[s]).reverse().map(e=>-e).concat(l,c)}var hr=/./,gr=/[12357]/,_r=/[125]/,vr=/1/,yr=(e,t,n,r)=>e.map((e,i)=>t==4&&e==0||i%r==0&&n.test(e.toExponential()[+(e<0)])?e:null);function br(e,t,n,r,i){let a=e.axes[n],o=a.scale,s=e.scales[o],c=e.valToPos,l=a._space,u=c(10,o),d=c(9,o)-u>=l?hr:c(7,o)-u>=l?gr:c(5,o)-u>=l?_r:vr;if(d==vr){let e=ct(c(1,o)-u);if(e<l)return yr(t.slice().reverse(),s.distr,d,ut(l/e)).reverse()}return yr(t,s.distr,d,1)}function xr(e,t,n,r,i){let a=e.axes[n],o=a.scale,s=a._space,c=e.valToPos,l=ct(c(1,o)-c(2,o));return l<s?yr(t.slice().reverse(),3,hr,ut(s/l)).reverse():t}function Sr(e,t,n,r){return r==null?De:t==null?``:ot(t)}var Cr={show:!0,scale:`y`,stroke:D,space:30,gap:5,alignTo:1,size:50,labelGap:0,labelSize:30,labelFont:ar,side:3,grid:K,ticks:nr,border:rr,font:ir,lineGap:or,rotate:0};function wr(e,t){return V((3+(e||1)*2)*t,3)}function Tr(e,t){let{scale:n,idxs:r}=e.series[0],i=e._data[0],a=e.valToPos(i[r[0]],n,!0),o=ct(e.valToPos(i[r[1]],n,!0)-a)/(e.series[t].points.space*A);return r[1]-r[0]<=o}var Er={scale:null,auto:!0,sorted:0,min:z,max:-1/0},Dr=(e,t,n,r,i)=>i,Or={show:!0,auto:!0,sorted:0,gaps:Dr,alpha:1,facets:[Jt({},Er,{scale:`x`}),Jt({},Er,{scale:`y`})]},kr={scale:`y`,auto:!0,sorted:0,show:!0,spanGaps:!1,gaps:Dr,alpha:1,points:{show:Tr,filter:null},values:null,min:z,max:-1/0,idxs:[],path:null,clip:null};function Ar(e,t,n,r,i){return n/10}var jr={time:_,auto:!0,distr:1,log:10,asinh:1,min:null,max:null,dir:1,ori:0},Mr=Jt({},jr,{time:!1,ori:1}),Nr={};function Pr(e,t){let n=Nr[e];return n||(n={key:e,plots:[],sub(e){n.plots.push(e)},unsub(e){n.plots=n.plots.filter(t=>t!=e)},pub(e,t,r,i,a,o,s){for(let c=0;c<n.plots.length;c++)n.plots[c]!=t&&n.plots[c].pub(e,t,r,i,a,o,s)}},e!=null&&(Nr[e]=n)),n}var Fr=1,Ir=2;function Lr(e,t,n){let r=e.mode,i=e.series[t],a=r==2?e._data[t]:e._data,o=e.scales,s=e.bbox,c=a[0],l=r==2?a[1]:a[t],u=r==2?o[i.facets[0].scale]:o[e.series[0].scale],d=r==2?o[i.facets[1].scale]:o[i.scale],f=s.left,p=s.top,m=s.width,h=s.height,g=e.valToPosH,_=e.valToPosV;return u.ori==0?n(i,c,l,u,d,g,_,f,p,m,h,Kr,Jr,Xr,Qr,ei):n(i,c,l,u,d,_,g,p,f,h,m,qr,Yr,Zr,$r,ti)}function Rr(e,t){let n=0,r=0,i=P(e.bands,Lt);for(let e=0;e<i.length;e++){let a=i[e];a.series[0]==t?n=a.dir:a.series[1]==t&&(a.dir==1?r|=1:r|=2)}return[n,r==1?-1:r==2?1:r==3?2:0]}function zr(e,t,n,r,i){let a=e.mode,o=e.series[t],s=a==2?o.facets[1].scale:o.scale,c=e.scales[s];return i==-1?c.min:i==1?c.max:c.distr==3?c.dir==1?c.min:c.max:0}function Br(e,t,n,r,i,a){return Lr(e,t,(e,t,o,s,c,l,u,d,f,p,m)=>{let h=e.pxRound,g=s.dir*(s.ori==0?1:-1),_=s.ori==0?Jr:Yr,v,y;g==1?(v=n,y=r):(v=r,y=n);let b=h(l(t[v],s,p,d)),x=h(u(o[v],c,m,f)),S=h(l(t[y],s,p,d)),C=h(u(a==1?c.max:c.min,c,m,f)),w=new Path2D(i);return _(w,S,C),_(w,b,C),_(w,b,x),w})}function Vr(e,t,n,r,i,a){let o=null;if(e.length>0){o=new Path2D;let s=t==0?Xr:Zr,c=n;for(let t=0;t<e.length;t++){let n=e[t];if(n[1]>n[0]){let e=n[0]-c;e>0&&s(o,c,r,e,r+a),c=n[1]}}let l=n+i-c;l>0&&s(o,c,r-5,l,r+a+10)}return o}function Hr(e,t,n){let r=e[e.length-1];r&&r[0]==t?r[1]=n:e.push([t,n])}function Ur(e,t,n,r,i,a,o){let s=[],c=e.length;for(let l=i==1?n:r;l>=n&&l<=r;l+=i)if(t[l]===null){let u=l,d=l;if(i==1)for(;++l<=r&&t[l]===null;)d=l;else for(;--l>=n&&t[l]===null;)d=l;let f=a(e[u]),p=d==u?f:a(e[d]),m=u-i;f=o<=0&&m>=0&&m<c?a(e[m]):f;let h=d+i;p=o>=0&&h>=0&&h<c?a(e[h]):p,p>=f&&s.push([f,p])}return s}function Wr(e){return e==0?Ct:e==1?lt:t=>At(t,e)}function Gr(e){let t=e==0?Kr:qr,n=e==0?(e,t,n,r,i,a)=>{e.arcTo(t,n,r,i,a)}:(e,t,n,r,i,a)=>{e.arcTo(n,t,i,r,a)},r=e==0?(e,t,n,r,i)=>{e.rect(t,n,r,i)}:(e,t,n,r,i)=>{e.rect(n,t,i,r)};return(e,i,a,o,s,c=0,l=0)=>{c==0&&l==0?r(e,i,a,o,s):(c=dt(c,o/2,s/2),l=dt(l,o/2,s/2),t(e,i+c,a),n(e,i+o,a,i+o,a+s,c),n(e,i+o,a+s,i,a+s,l),n(e,i,a+s,i,a,l),n(e,i,a,i+o,a,c),e.closePath())}}var Kr=(e,t,n)=>{e.moveTo(t,n)},qr=(e,t,n)=>{e.moveTo(n,t)},Jr=(e,t,n)=>{e.lineTo(t,n)},Yr=(e,t,n)=>{e.lineTo(n,t)},Xr=Gr(0),Zr=Gr(1),Qr=(e,t,n,r,i,a)=>{e.arc(t,n,r,i,a)},$r=(e,t,n,r,i,a)=>{e.arc(n,t,r,i,a)},ei=(e,t,n,r,i,a,o)=>{e.bezierCurveTo(t,n,r,i,a,o)},ti=(e,t,n,r,i,a,o)=>{e.bezierCurveTo(n,t,i,r,o,a)};function ni(e){return(e,t,n,r,i)=>Lr(e,t,(t,a,o,s,c,l,u,d,f,p,m)=>{let{pxRound:h,points:g}=t,_,v;s.ori==0?(_=Kr,v=Qr):(_=qr,v=$r);let y=V(g.width*A,3),b=(g.size-g.width)/2*A,x=V(b*2,3),S=new Path2D,C=new Path2D,{left:w,top:T,width:E,height:ee}=e.bbox;Xr(C,w-x,T-x,E+x*2,ee+x*2);let te=e=>{if(o[e]!=null){let t=h(l(a[e],s,p,d)),n=h(u(o[e],c,m,f));_(S,t+b,n),v(S,t,n,b,0,st*2)}};if(i)i.forEach(te);else for(let e=n;e<=r;e++)te(e);return{stroke:y>0?S:null,fill:S,clip:C,flags:3}})}function ri(e){return(t,n,r,i,a,o)=>{r!=i&&(a!=r&&o!=r&&e(t,n,r),a!=i&&o!=i&&e(t,n,i),e(t,n,o))}}var ii=ri(Jr),ai=ri(Yr);function oi(e){let t=P(e?.alignGaps,0);return(e,n,r,i)=>Lr(e,n,(a,o,s,c,l,u,d,f,p,m,h)=>{[r,i]=Ye(s,r,i);let g=a.pxRound,_=e=>g(u(e,c,m,f)),v=e=>g(d(e,l,h,p)),y,b;c.ori==0?(y=Jr,b=ii):(y=Yr,b=ai);let x=c.dir*(c.ori==0?1:-1),S={stroke:new Path2D,fill:null,clip:null,band:null,gaps:null,flags:Fr},C=S.stroke,w=!1;if(i-r>=m*4){let t=t=>e.posToVal(t,c.key,!0),n=null,a=null,l,u,d,f=_(o[x==1?r:i]),p=_(o[r]),m=_(o[i]),h=t(x==1?p+1:m-1);for(let e=x==1?r:i;e>=r&&e<=i;e+=x){let r=o[e],i=(x==1?r<h:r>h)?f:_(r),c=s[e];i==f?c==null?c===null&&(w=!0):(u=c,n==null?(y(C,i,v(u)),l=n=a=u):u<n?n=u:u>a&&(a=u)):(n!=null&&b(C,f,v(n),v(a),v(l),v(u)),c==null?(n=a=null,c===null&&(w=!0)):(u=c,y(C,i,v(u)),n=a=l=u),f=i,h=t(f+x))}n!=null&&n!=a&&d!=f&&b(C,f,v(n),v(a),v(l),v(u))}else for(let e=x==1?r:i;e>=r&&e<=i;e+=x){let t=s[e];t===null?w=!0:t!=null&&y(C,_(o[e]),v(t))}let[T,E]=Rr(e,n);if(a.fill!=null||T!=0){let t=S.fill=new Path2D(C),s=v(a.fillTo(e,n,a.min,a.max,T)),c=_(o[r]),l=_(o[i]);x==-1&&([l,c]=[c,l]),y(t,l,s),y(t,c,s)}if(!a.spanGaps){let l=[];w&&l.push(...Ur(o,s,r,i,x,_,t)),S.gaps=l=a.gaps(e,n,r,i,l),S.clip=Vr(l,c.ori,f,p,m,h)}return E!=0&&(S.band=E==2?[Br(e,n,r,i,C,-1),Br(e,n,r,i,C,1)]:Br(e,n,r,i,C,E)),S})}function si(e){let t=P(e.align,1),n=P(e.ascDesc,!1),r=P(e.alignGaps,0),i=P(e.extend,!1);return(e,a,o,s)=>Lr(e,a,(c,l,u,d,f,p,m,h,g,_,v)=>{[o,s]=Ye(u,o,s);let y=c.pxRound,{left:b,width:x}=e.bbox,S=e=>y(p(e,d,_,h)),C=e=>y(m(e,f,v,g)),w=d.ori==0?Jr:Yr,T={stroke:new Path2D,fill:null,clip:null,band:null,gaps:null,flags:Fr},E=T.stroke,ee=d.dir*(d.ori==0?1:-1),te=C(u[ee==1?o:s]),ne=S(l[ee==1?o:s]),re=ne,ie=ne;i&&t==-1&&(ie=b,w(E,ie,te)),w(E,ne,te);for(let e=ee==1?o:s;e>=o&&e<=s;e+=ee){let n=u[e];if(n==null)continue;let r=S(l[e]),i=C(n);t==1?w(E,r,te):w(E,re,i),w(E,r,i),te=i,re=r}let ae=re;i&&t==1&&(ae=b+x,w(E,ae,te));let[oe,se]=Rr(e,a);if(c.fill!=null||oe!=0){let t=T.fill=new Path2D(E),n=C(c.fillTo(e,a,c.min,c.max,oe));w(t,ae,n),w(t,ie,n)}if(!c.spanGaps){let i=[];i.push(...Ur(l,u,o,s,ee,S,r));let f=c.width*A/2,p=n||t==1?f:-f,m=n||t==-1?-f:f;i.forEach(e=>{e[0]+=p,e[1]+=m}),T.gaps=i=c.gaps(e,a,o,s,i),T.clip=Vr(i,d.ori,h,g,_,v)}return se!=0&&(T.band=se==2?[Br(e,a,o,s,E,-1),Br(e,a,o,s,E,1)]:Br(e,a,o,s,E,se)),T})}function ci(e,t,n,r,i,a,o=z){if(e.length>1){let s=null;for(let c=0,l=1/0;c<e.length;c++)if(t[c]!==void 0){if(s!=null){let t=ct(e[c]-e[s]);t<l&&(l=t,o=ct(n(e[c],r,i,a)-n(e[s],r,i,a)))}s=c}}return o}function li(e){e||=It;let t=P(e.size,[.6,z,1]),n=e.align||0,r=e.gap||0,i=e.radius;i=i==null?[0,0]:typeof i==`number`?[i,0]:i;let a=B(i),o=1-t[0],s=P(t[1],z),c=P(t[2],1),l=P(e.disp,It),u=P(e.each,e=>{}),{fill:d,stroke:f}=l;return(e,t,i,p)=>Lr(e,t,(m,h,g,_,v,y,b,x,S,C,w)=>{let T=m.pxRound,E=n,ee=r*A,te=s*A,ne=c*A,re,ie;_.ori==0?[re,ie]=a(e,t):[ie,re]=a(e,t);let ae=_.dir*(_.ori==0?1:-1),oe=_.ori==0?Xr:Zr,se=_.ori==0?u:(e,t,n,r,i,a,o)=>{u(e,t,n,i,r,o,a)},ce=P(e.bands,Lt).find(e=>e.series[0]==t),le=ce==null?0:ce.dir,ue=m.fillTo(e,t,m.min,m.max,le),de=T(b(ue,v,w,S)),fe,pe,me,he=C,ge=T(m.width*A),D=!1,_e=null,ve=null,ye=null,be=null;d!=null&&(ge==0||f!=null)&&(D=!0,_e=d.values(e,t,i,p),ve=new Map,new Set(_e).forEach(e=>{e!=null&&ve.set(e,new Path2D)}),ge>0&&(ye=f.values(e,t,i,p),be=new Map,new Set(ye).forEach(e=>{e!=null&&be.set(e,new Path2D)})));let{x0:xe,size:Se}=l;if(xe!=null&&Se!=null){E=1,h=xe.values(e,t,i,p),xe.unit==2&&(h=h.map(t=>e.posToVal(x+t*C,_.key,!0)));let n=Se.values(e,t,i,p);pe=Se.unit==2?n[0]*C:y(n[0],_,C,x)-y(0,_,C,x),he=ci(h,g,y,_,C,x,he),me=he-pe+ee}else he=ci(h,g,y,_,C,x,he),me=he*o+ee,pe=he-me;me<1&&(me=0),ge>=pe/2&&(ge=0),me<5&&(T=Ct);let Ce=me>0,we=he-me-(Ce?ge:0);pe=T(bt(we,ne,te)),fe=(E==0?pe/2:E==ae?0:pe)-E*ae*((E==0?ee/2:0)+(Ce?ge/2:0));let O={stroke:null,fill:null,clip:null,band:null,gaps:null,flags:0},Te=D?null:new Path2D,Ee=null;if(ce!=null)Ee=e.data[ce.series[1]];else{let{y0:n,y1:r}=l;n!=null&&r!=null&&(g=r.values(e,t,i,p),Ee=n.values(e,t,i,p))}let De=re*pe,k=ie*pe;for(let n=ae==1?i:p;n>=i&&n<=p;n+=ae){let r=g[n];if(r==null)continue;if(Ee!=null){let e=Ee[n]??0;if(r-e==0)continue;de=b(e,v,w,S)}let i=y(_.distr!=2||l!=null?h[n]:n,_,C,x),a=b(P(r,ue),v,w,S),o=T(i-fe),s=T(ft(a,de)),c=T(dt(a,de)),u=s-c;if(r!=null){let i=r<0?k:De,a=r<0?De:k;D?(ge>0&&ye[n]!=null&&oe(be.get(ye[n]),o,c+R(ge/2),pe,ft(0,u-ge),i,a),_e[n]!=null&&oe(ve.get(_e[n]),o,c+R(ge/2),pe,ft(0,u-ge),i,a)):oe(Te,o,c+R(ge/2),pe,ft(0,u-ge),i,a),se(e,t,n,o-ge/2,c,pe+ge,u)}}return ge>0?O.stroke=D?be:Te:D||(O._fill=m.width==0?m._fill:m._stroke??m._fill,O.width=0),O.fill=D?ve:Te,O})}function ui(e,t){let n=P(t?.alignGaps,0);return(t,r,i,a)=>Lr(t,r,(o,s,c,l,u,d,f,p,m,h,g)=>{[i,a]=Ye(c,i,a);let _=o.pxRound,v=e=>_(d(e,l,h,p)),y=e=>_(f(e,u,g,m)),b,x,S;l.ori==0?(b=Kr,S=Jr,x=ei):(b=qr,S=Yr,x=ti);let C=l.dir*(l.ori==0?1:-1),w=v(s[C==1?i:a]),T=w,E=[],ee=[];for(let e=C==1?i:a;e>=i&&e<=a;e+=C)if(c[e]!=null){let t=s[e],n=v(t);E.push(T=n),ee.push(y(c[e]))}let te={stroke:e(E,ee,b,S,x,_),fill:null,clip:null,band:null,gaps:null,flags:Fr},ne=te.stroke,[re,ie]=Rr(t,r);if(o.fill!=null||re!=0){let e=te.fill=new Path2D(ne),n=y(o.fillTo(t,r,o.min,o.max,re));S(e,T,n),S(e,w,n)}if(!o.spanGaps){let e=[];e.push(...Ur(s,c,i,a,C,v,n)),te.gaps=e=o.gaps(t,r,i,a,e),te.clip=Vr(e,l.ori,p,m,h,g)}return ie!=0&&(te.band=ie==2?[Br(t,r,i,a,ne,-1),Br(t,r,i,a,ne,1)]:Br(t,r,i,a,ne,ie)),te})}function di(e){return ui(fi,e)}function fi(e,t,n,r,i,a){let o=e.length;if(o<2)return null;let s=new Path2D;if(n(s,e[0],t[0]),o==2)r(s,e[1],t[1]);else{let n=Array(o),r=Array(o-1),a=Array(o-1),c=Array(o-1);for(let n=0;n<o-1;n++)a[n]=t[n+1]-t[n],c[n]=e[n+1]-e[n],r[n]=a[n]/c[n];n[0]=r[0];for(let e=1;e<o-1;e++)r[e]===0||r[e-1]===0||r[e-1]>0!=r[e]>0?n[e]=0:(n[e]=3*(c[e-1]+c[e])/((2*c[e]+c[e-1])/r[e-1]+(c[e]+2*c[e-1])/r[e]),isFinite(n[e])||(n[e]=0));n[o-1]=r[o-2];for(let r=0;r<o-1;r++)i(s,e[r]+c[r]/3,t[r]+n[r]*c[r]/3,e[r+1]-c[r]/3,t[r+1]-n[r+1]*c[r]/3,e[r+1],t[r+1])}return s}var pi=new Set;function mi(){for(let e of pi)e.syncRect(!0)}k&&(We(we,ke,mi),We(O,ke,mi,!0),We(Ee,ke,()=>{Ai.pxRatio=A}));var hi=oi(),gi=ni();function _i(e,t,n,r){return(r?[e[0],e[1]].concat(e.slice(2)):[e[0]].concat(e.slice(1))).map((e,r)=>yi(e,r,t,n))}function vi(e,t){return e.map((e,n)=>n==0?{}:Jt({},t,e))}function yi(e,t,n,r){return Jt({},t==0?n:r,e)}function bi(e,t,n){return t==null?Rt:[t,n]}var xi=bi;function Si(e,t,n){return t==null?Rt:it(t,n,et,!0)}function Ci(e,t,n,r){return t==null?Rt:Qe(t,n,e.scales[r].log,!1)}var wi=Ci;function Ti(e,t,n,r){return t==null?Rt:$e(t,n,e.scales[r].log,!1)}var Ei=Ti;function Di(e,t,n,r,i){let a=ft(yt(e),yt(t)),o=t-e,s=Ke(i/r*o,n);do{let e=n[s],t=r*e/o;if(t>=i&&a+(e<5?Nt.get(e):0)<=17)return[e,t]}while(++s<n.length);return[0,0]}function Oi(e){let t,n;return e=e.replace(/(\d+)px/,(e,r)=>(t=lt((n=+r)*A))+`px`),[e,t,n]}function ki(e){e.show&&[e.font,e.labelFont].forEach(e=>{let t=V(e[2]*A,1);e[0]=e[0].replace(/[0-9.]+px/,t+`px`),e[1]=t})}function Ai(e,t,n){let r={mode:P(e.mode,1)},i=r.mode;function a(e,t,n,r){let i=t.valToPct(e);return r+n*(t.dir==-1?1-i:i)}function o(e,t,n,r){let i=t.valToPct(e);return r+n*(t.dir==-1?i:1-i)}function s(e,t,n,r){return t.ori==0?a(e,t,n,r):o(e,t,n,r)}r.valToPosH=a,r.valToPosV=o;let c=!1;r.status=0;let l=r.root=Ie(v);if(e.id!=null&&(l.id=e.id),Ne(l,e.class),e.title){let t=Ie(x,l);t.textContent=e.title}let u=Fe(`canvas`),d=r.ctx=u.getContext(`2d`),f=Ie(S,l);We(`click`,f,e=>{e.target===m&&(q!=Ii||J!=Li)&&Y.click(r,e)},!0);let p=r.under=Ie(C,f);f.appendChild(u);let m=r.over=Ie(w,f);e=qt(e);let h=+P(e.pxAlign,1),g=Wr(h);(e.plugins||[]).forEach(t=>{t.opts&&(e=t.opts(r,e)||e)});let _=e.ms||.001,D=r.series=i==1?_i(e.series||[],ur,kr,!1):vi(e.series||[null],Or),we=r.axes=_i(e.axes||[],sr,Cr,!0),O=r.scales={},Te=r.bands=e.bands||[];Te.forEach(e=>{e.fill=B(e.fill||null),e.dir=P(e.dir,-1)});let k=i==2?D[1].facets[0].scale:D[0].scale,Ae={axes:ii,series:qr},je=(e.drawOrder||[`axes`,`series`]).map(e=>Ae[e]);function Me(e){let t=e.distr==3?t=>ht(t>0?t:e.clamp(r,t,e.min,e.max,e.key)):e.distr==4?t=>vt(t,e.asinh):e.distr==100?t=>e.fwd(t):e=>e;return n=>{let r=t(n),{_min:i,_max:a}=e,o=a-i;return(r-i)/o}}function Le(t){let n=O[t];if(n==null){let r=(e.scales||It)[t]||It;if(r.from!=null){Le(r.from);let e=Jt({},O[r.from],r,{key:t});e.valToPct=Me(e),O[t]=e}else{n=O[t]=Jt({},t==k?jr:Mr,r),n.key=t;let e=n.time,a=n.range,o=zt(a);if((t!=k||i==2&&!e)&&(o&&(a[0]==null||a[1]==null)&&(a={min:a[0]==null?tt:{mode:1,hard:a[0],soft:a[0]},max:a[1]==null?tt:{mode:1,hard:a[1],soft:a[1]}},o=!1),!o&&Ut(a))){let e=a;a=(t,n,r)=>n==null?Rt:it(n,r,e)}n.range=B(a||(e?xi:t==k?n.distr==3?wi:n.distr==4?Ei:bi:n.distr==3?Ci:n.distr==4?Ti:Si)),n.auto=B(!o&&n.auto),n.clamp=B(n.clamp||Ar),n._min=n._max=null,n.valToPct=Me(n)}}}Le(`x`),Le(`y`),i==1&&D.forEach(e=>{Le(e.scale)}),we.forEach(e=>{Le(e.scale)});for(let t in e.scales)Le(t);let M=O[k],Be=M.distr,He,Ue;M.ori==0?(Ne(l,y),He=a,Ue=o):(Ne(l,b),He=o,Ue=a);let N={};for(let e in O){let t=O[e];(t.min!=null||t.max!=null)&&(N[e]={min:t.min,max:t.max},t.min=t.max=null)}let qe=e.tzDate||(e=>new Date(lt(e/_))),Je=e.fmtDate||dn,Ye=_==1?Mn(qe):Fn(qe),Xe=Ln(qe,In(_==1?jn:Pn,Je)),nt=Hn(qe,Bn(Vn,Je)),rt=[],F=r.legend=Jt({},Gn,e.legend),I=r.cursor=Jt({},er,{drag:{y:i==2}},e.cursor),ot=F.show,L=I.show,R=F.markers;F.idxs=rt,R.width=B(R.width),R.dash=B(R.dash),R.stroke=B(R.stroke),R.fill=B(R.fill);let mt,gt,yt,St=[],Ct=[],Ot,kt=!1,jt={};if(F.live){let e=D[1]?D[1].values:null;kt=e!=null,Ot=kt?e(r,1,0):{_:0};for(let e in Ot)jt[e]=De}if(ot){if(mt=Fe(`table`,ie,l),yt=Fe(`tbody`,null,mt),F.mount(r,mt),kt){gt=Fe(`thead`,null,mt,yt);let e=Fe(`tr`,null,gt);for(var Mt in Fe(`th`,null,e),Ot)Fe(`th`,le,e).textContent=Mt}else Ne(mt,oe),F.live&&Ne(mt,ae)}let Ft={show:!0},Bt={show:!1};function Gt(e,t){if(t==0&&(kt||!F.live||i==2))return Rt;let n=[],a=Fe(`tr`,se,yt,yt.childNodes[t]);Ne(a,e.class),e.show||Ne(a,E);let o=Fe(`th`,null,a);if(R.show){let e=Ie(ce,o);if(t>0){let n=R.width(r,t);n&&(e.style.border=n+`px `+R.dash(r,t)+` `+R.stroke(r,t)),e.style.background=R.fill(r,t)}}let s=Ie(le,o);for(var c in e.label instanceof HTMLElement?s.appendChild(e.label):s.textContent=e.label,t>0&&(R.show||(s.style.color=e.width>0?R.stroke(r,t):R.fill(r,t)),Yt(`click`,o,t=>{if(I._lock)return;En(t);let n=D.indexOf(e);if((t.ctrlKey||t.metaKey)!=F.isolate){let e=D.some((e,t)=>t>0&&t!=n&&e.show);D.forEach((t,r)=>{r>0&&qi(r,e?r==n?Ft:Bt:Ft,!0,$.setSeries)})}else qi(n,{show:!e.show},!0,$.setSeries)},!1),On&&Yt(xe,o,t=>{I._lock||(En(t),qi(D.indexOf(e),ta,!0,$.setSeries))},!1)),Ot){let e=Fe(`td`,ue,a);e.textContent=`--`,n.push(e)}return[a,n]}let Kt=new Map;function Yt(e,t,n,i=!0){let a=Kt.get(t)||{},o=I.bind[e](r,t,n,i);o&&(We(e,t,a[e]=o),Kt.set(t,a))}function Xt(e,t,n){let r=Kt.get(t)||{};for(let n in r)(e==null||n==e)&&(Ge(n,t,r[n]),delete r[n]);e??Kt.delete(t)}let Zt=0,Qt=0,H=0,U=0,en=0,tn=0,nn=en,rn=tn,an=H,on=U,sn=0,cn=0,ln=0,un=0;r.bbox={};let fn=!1,pn=!1,mn=!1,hn=!1,gn=!1,_n=!1;function bn(e,t,n){(n||e!=r.width||t!=r.height)&&xn(e,t),ai(!1),mn=!0,pn=!0,ui()}function xn(e,t){r.width=Zt=H=e,r.height=Qt=U=t,en=tn=0,wn(),Tn();let n=r.bbox;sn=n.left=At(en*A,.5),cn=n.top=At(tn*A,.5),ln=n.width=At(H*A,.5),un=n.height=At(U*A,.5)}function Sn(){let e=!1,t=0;for(;!e;){t++;let n=ni(t),i=ri(t);e=t==3||n&&i,e||(xn(r.width,r.height),pn=!0)}}function Cn({width:e,height:t}){bn(e,t)}r.setSize=Cn;function wn(){let e=!1,t=!1,n=!1,r=!1;we.forEach((i,a)=>{if(i.show&&i._show){let{side:a,_size:o}=i,s=a%2,c=o+(i.label==null?0:i.labelSize);c>0&&(s?(H-=c,a==3?(en+=c,r=!0):n=!0):(U-=c,a==0?(tn+=c,e=!0):t=!0))}}),Yn[0]=e,Yn[1]=n,Yn[2]=t,Yn[3]=r,H-=$n[1]+$n[3],en+=$n[3],U-=$n[2]+$n[0],tn+=$n[0]}function Tn(){let e=en+H,t=tn+U,n=en,r=tn;function i(i,a){switch(i){case 1:return e+=a,e-a;case 2:return t+=a,t-a;case 3:return n-=a,n+a;case 0:return r-=a,r+a}}we.forEach((e,t)=>{if(e.show&&e._show){let t=e.side;e._pos=i(t,e._size),e.label!=null&&(e._lpos=i(t,e.labelSize))}})}if(I.dataIdx==null){let e=I.hover,n=e.skip=new Set(e.skip??[]);n.add(void 0);let r=e.prox=B(e.prox),i=e.bias??=0;I.dataIdx=(e,a,o,s)=>{if(a==0)return o;let c=o,l=r(e,a,o,s)??z,u=l>=0&&l<z,d=M.ori==0?H:U,f=I.left,p=t[0],m=t[a];if(n.has(m[o])){c=null;let e=null,t=null,r;if(i==0||i==-1)for(r=o;e==null&&r-->0;)n.has(m[r])||(e=r);if(i==0||i==1)for(r=o;t==null&&r++<m.length;)n.has(m[r])||(t=r);if(e!=null||t!=null){if(u){let n=e==null?-1/0:He(p[e],M,d,0),r=t==null?1/0:He(p[t],M,d,0),i=f-n,a=r-f;i<=a?i<=l&&(c=e):a<=l&&(c=t)}else c=t==null?e:e==null?t:o-e<=t-o?e:t}}else u&&ct(f-He(p[o],M,d,0))>l&&(c=null);return c}}let En=e=>{I.event=e};I.idxs=rt,I._lock=!1;let W=I.points;W.show=B(W.show),W.size=B(W.size),W.stroke=B(W.stroke),W.width=B(W.width),W.fill=B(W.fill);let Dn=r.focus=Jt({},e.focus||{alpha:.3},I.focus),On=Dn.prox>=0,G=On&&W.one,kn=[],zn=[],Un=[];function Wn(e,t){let n=W.show(r,t);if(n instanceof HTMLElement)return Ne(n,re),Ne(n,e.class),Re(n,-10,-10,H,U),m.insertBefore(n,kn[t]),n}function Kn(e,t){if(i==1||t>0){let t=i==1&&O[e.scale].time,n=e.value;e.value=t?Ht(n)?Hn(qe,Bn(n,Je)):n||nt:n||Sr,e.label=e.label||(t?lr:cr)}if(G||t>0){e.width=e.width==null?1:e.width,e.paths=e.paths||hi||Tt,e.fillTo=B(e.fillTo||zr),e.pxAlign=+P(e.pxAlign,h),e.pxRound=Wr(e.pxAlign),e.stroke=B(e.stroke||null),e.fill=B(e.fill||null),e._stroke=e._fill=e._paths=e._focus=null;let t=wr(ft(1,e.width),1),n=e.points=Jt({},{size:t,width:ft(1,t*.2),stroke:e.stroke,space:t*2,paths:gi,_stroke:null,_fill:null},e.points);n.show=B(n.show),n.filter=B(n.filter),n.fill=B(n.fill),n.stroke=B(n.stroke),n.paths=B(n.paths),n.pxAlign=e.pxAlign}if(ot){let n=Gt(e,t);St.splice(t,0,n[0]),Ct.splice(t,0,n[1]),F.values.push(null)}if(L){rt.splice(t,0,null);let n=null;G?t==0&&(n=Wn(e,t)):t>0&&(n=Wn(e,t)),kn.splice(t,0,n),zn.splice(t,0,0),Un.splice(t,0,0)}Q(`addSeries`,t)}function qn(e,t){t??=D.length,e=i==1?yi(e,t,ur,kr):yi(e,t,{},Or),D.splice(t,0,e),Kn(D[t],t)}r.addSeries=qn;function Jn(e){if(D.splice(e,1),ot){F.values.splice(e,1),Ct.splice(e,1);let t=St.splice(e,1)[0];Xt(null,t.firstChild),t.remove()}L&&(rt.splice(e,1),kn.splice(e,1)[0].remove(),zn.splice(e,1),Un.splice(e,1)),Q(`delSeries`,e)}r.delSeries=Jn;let Yn=[!1,!1,!1,!1];function Xn(e,t){if(e._show=e.show,e.show){let n=e.side%2,i=O[e.scale];i??=(e.scale=n?D[1].scale:k,O[e.scale]);let a=i.time;e.size=B(e.size),e.space=B(e.space),e.rotate=B(e.rotate),zt(e.incrs)&&e.incrs.forEach(e=>{!Nt.has(e)&&Nt.set(e,Pt(e))}),e.incrs=B(e.incrs||(i.distr==2?vn:a?_==1?An:Nn:yn)),e.splits=B(e.splits||(a&&i.distr==1?Ye:i.distr==3?pr:i.distr==4?mr:fr)),e.stroke=B(e.stroke),e.grid.stroke=B(e.grid.stroke),e.ticks.stroke=B(e.ticks.stroke),e.border.stroke=B(e.border.stroke);let o=e.values;e.values=zt(o)&&!zt(o[0])?B(o):a?zt(o)?Ln(qe,In(o,Je)):Ht(o)?Rn(qe,o):o||Xe:o||dr,e.filter=B(e.filter||(i.distr>=3&&i.log==10?br:i.distr==3&&i.log==2?xr:wt)),e.font=Oi(e.font),e.labelFont=Oi(e.labelFont),e._size=e.size(r,null,t,0),e._space=e._rotate=e._incrs=e._found=e._splits=e._values=null,e._size>0&&(Yn[t]=!0,e._el=Ie(T,f))}}function Zn(e,t,n,r){let[i,a,o,s]=n,c=t%2,l=0;return c==0&&(s||a)&&(l=t==0&&!i||t==2&&!o?lt(sr.size/3):0),c==1&&(i||o)&&(l=t==1&&!a||t==3&&!s?lt(Cr.size/2):0),l}let Qn=r.padding=(e.padding||[Zn,Zn,Zn,Zn]).map(e=>B(P(e,Zn))),$n=r._padding=Qn.map((e,t)=>e(r,t,Yn,0)),tr,K=null,nr=null,rr=i==1?D[0].idxs:null,ir=null,ar=!1;function or(e,n){if(t=e??[],r.data=r._data=t,i==2){tr=0;for(let e=1;e<D.length;e++)tr+=t[e][0].length}else{t.length==0&&(r.data=r._data=t=[[]]),ir=t[0],tr=ir.length;let e=t;if(Be==2){e=t.slice();let n=e[0]=Array(tr);for(let e=0;e<tr;e++)n[e]=e}r._data=t=e}if(ai(!0),Q(`setData`),Be==2&&(mn=!0),n!==!1){let e=M;e.auto(r,ar)?hr():Ki(k,e.min,e.max),hn||=I.left>=0,_n=!0,ui()}}r.setData=or;function hr(){ar=!0;let e,n;i==1&&(tr>0?(K=rr[0]=0,nr=rr[1]=tr-1,e=t[0][K],n=t[0][nr],Be==2?(e=K,n=nr):e==n&&(Be==3?[e,n]=Qe(e,e,M.log,!1):Be==4?[e,n]=$e(e,e,M.log,!1):M.time?n=e+lt(86400/_):[e,n]=it(e,n,et,!0))):(K=rr[0]=e=null,nr=rr[1]=n=null)),Ki(k,e,n)}let gr,_r,vr,yr,Tr,Er,Dr,Nr,Lr,Rr;function Br(e,t,n,r,i,a){e??=_e,n??=Lt,r??=`butt`,i??=_e,a??=`round`,e!=gr&&(d.strokeStyle=gr=e),i!=_r&&(d.fillStyle=_r=i),t!=vr&&(d.lineWidth=vr=t),a!=Tr&&(d.lineJoin=Tr=a),r!=Er&&(d.lineCap=Er=r),n!=yr&&d.setLineDash(yr=n)}function Vr(e,t,n,r){t!=_r&&(d.fillStyle=_r=t),e!=Dr&&(d.font=Dr=e),n!=Nr&&(d.textAlign=Nr=n),r!=Lr&&(d.textBaseline=Lr=r)}function Hr(e,t,n,i,a=0){if(i.length>0&&e.auto(r,ar)&&(t==null||t.min==null)){let t=P(K,0),r=P(nr,i.length-1),o=n.min==null?Ze(i,t,r,a,e.distr==3):[n.min,n.max];e.min=dt(e.min,n.min=o[0]),e.max=ft(e.max,n.max=o[1])}}let Ur={min:null,max:null};function Gr(){for(let e in O){let t=O[e];N[e]==null&&(t.min==null||N[k]!=null&&t.auto(r,ar))&&(N[e]=Ur)}for(let e in O){let t=O[e];N[e]==null&&t.from!=null&&N[t.from]!=null&&(N[e]=Ur)}N[k]!=null&&ai(!0);let e={};for(let t in N){let n=N[t];if(n!=null){let a=e[t]=qt(O[t],Wt);if(n.min!=null)Jt(a,n);else if(t!=k||i==2){if(tr==0&&a.from==null){let e=a.range(r,null,null,t);a.min=e[0],a.max=e[1]}else a.min=z,a.max=-1/0}}}if(tr>0){D.forEach((n,a)=>{if(i==1){let i=n.scale,o=N[i];if(o==null)return;let s=e[i];if(a==0){let e=s.range(r,s.min,s.max,i);s.min=e[0],s.max=e[1],K=Ke(s.min,t[0]),nr=Ke(s.max,t[0]),nr-K>1&&(t[0][K]<s.min&&K++,t[0][nr]>s.max&&nr--),n.min=ir[K],n.max=ir[nr]}else n.show&&n.auto&&Hr(s,o,n,t[a],n.sorted);n.idxs[0]=K,n.idxs[1]=nr}else if(a>0&&n.show&&n.auto){let[r,i]=n.facets,o=r.scale,s=i.scale,[c,l]=t[a],u=e[o],d=e[s];u!=null&&Hr(u,N[o],r,c,r.sorted),d!=null&&Hr(d,N[s],i,l,i.sorted),n.min=i.min,n.max=i.max}});for(let t in e){let n=e[t],i=N[t];if(n.from==null&&(i==null||i.min==null)){let e=n.range(r,n.min==z?null:n.min,n.max==-1/0?null:n.max,t);n.min=e[0],n.max=e[1]}}}for(let t in e){let n=e[t];if(n.from!=null){let i=e[n.from];if(i.min==null)n.min=n.max=null;else{let e=n.range(r,i.min,i.max,t);n.min=e[0],n.max=e[1]}}}let n={},a=!1;for(let t in e){let r=e[t],i=O[t];if(i.min!=r.min||i.max!=r.max){i.min=r.min,i.max=r.max;let e=i.distr;i._min=e==3?ht(i.min):e==4?vt(i.min,i.asinh):e==100?i.fwd(i.min):i.min,i._max=e==3?ht(i.max):e==4?vt(i.max,i.asinh):e==100?i.fwd(i.max):i.max,n[t]=a=!0}}if(a){D.forEach((e,t)=>{i==2?t>0&&n.y&&(e._paths=null):n[e.scale]&&(e._paths=null)});for(let e in n)mn=!0,Q(`setScale`,e);L&&I.left>=0&&(hn=_n=!0)}for(let e in N)N[e]=null}function Kr(e){let t=bt(K-1,0,tr-1),n=bt(nr+1,0,tr-1);for(;e[t]==null&&t>0;)t--;for(;e[n]==null&&n<tr-1;)n++;return[t,n]}function qr(){if(tr>0){let e=D.some(e=>e._focus)&&Rr!=Dn.alpha;e&&(d.globalAlpha=Rr=Dn.alpha),D.forEach((e,n)=>{if(n>0&&e.show&&(Jr(n,!1),Jr(n,!0),e._paths==null)){let a=Rr;Rr!=e.alpha&&(d.globalAlpha=Rr=e.alpha);let o=i==2?[0,t[n][0].length-1]:Kr(t[n]);e._paths=e.paths(r,n,o[0],o[1]),Rr!=a&&(d.globalAlpha=Rr=a)}}),D.forEach((e,t)=>{if(t>0&&e.show){let n=Rr;Rr!=e.alpha&&(d.globalAlpha=Rr=e.alpha),e._paths!=null&&Yr(t,!1);{let n=e._paths==null?null:e._paths.gaps,i=e.points.show(r,t,K,nr,n),a=e.points.filter(r,t,i,n);(i||a)&&(e.points._paths=e.points.paths(r,t,K,nr,a),Yr(t,!0))}Rr!=n&&(d.globalAlpha=Rr=n),Q(`drawSeries`,t)}}),e&&(d.globalAlpha=Rr=1)}}function Jr(e,t){let n=t?D[e].points:D[e];n._stroke=n.stroke(r,e),n._fill=n.fill(r,e)}function Yr(e,t){let n=t?D[e].points:D[e],{stroke:r,fill:i,clip:a,flags:o,_stroke:s=n._stroke,_fill:c=n._fill,_width:l=n.width}=n._paths;l=V(l*A,3);let u=null,f=l%2/2;t&&c==null&&(c=l>0?`#fff`:s);let p=n.pxAlign==1&&f>0;if(p&&d.translate(f,f),!t){let e=sn-l/2,t=cn-l/2,n=ln+l,r=un+l;u=new Path2D,u.rect(e,t,n,r)}t?Zr(s,l,n.dash,n.cap,c,r,i,o,a):Xr(e,s,l,n.dash,n.cap,c,r,i,o,u,a),p&&d.translate(-f,-f)}function Xr(e,n,i,a,o,s,c,l,u,d,f){let p=!1;u!=0&&Te.forEach((m,h)=>{if(m.series[0]==e){let e=D[m.series[1]],g=t[m.series[1]],_=(e._paths||It).band;zt(_)&&(_=m.dir==1?_[0]:_[1]);let v,y=null;e.show&&_&&at(g,K,nr)?(y=m.fill(r,h)||s,v=e._paths.clip):_=null,Zr(n,i,a,o,y,c,l,u,d,f,v,_),p=!0}}),p||Zr(n,i,a,o,s,c,l,u,d,f)}function Zr(e,t,n,r,i,a,o,s,c,l,u,f){Br(e,t,n,r,i),(c||l||f)&&(d.save(),c&&d.clip(c),l&&d.clip(l)),f?(s&3)==3?(d.clip(f),u&&d.clip(u),$r(i,o),Qr(e,a,t)):s&Ir?($r(i,o),d.clip(f),Qr(e,a,t)):s&Fr&&(d.save(),d.clip(f),u&&d.clip(u),$r(i,o),d.restore(),Qr(e,a,t)):($r(i,o),Qr(e,a,t)),(c||l||f)&&d.restore()}function Qr(e,t,n){n>0&&(t instanceof Map?t.forEach((e,t)=>{d.strokeStyle=gr=t,d.stroke(e)}):t!=null&&e&&d.stroke(t))}function $r(e,t){t instanceof Map?t.forEach((e,t)=>{d.fillStyle=_r=t,d.fill(e)}):t!=null&&e&&d.fill(t)}function ei(e,t,n,i){let a=we[e],o;if(i<=0)o=[0,0];else{let s=a._space=a.space(r,e,t,n,i);o=Di(t,n,a._incrs=a.incrs(r,e,t,n,i,s),i,s)}return a._found=o}function ti(e,t,n,r,i,a,o,s,c,l){let u=o%2/2;h==1&&d.translate(u,u),Br(s,o,c,l,s),d.beginPath();let f,p,m,g,_=i+(r==0||r==3?-a:a);n==0?(p=i,g=_):(f=i,m=_);for(let r=0;r<e.length;r++)t[r]!=null&&(n==0?f=m=e[r]:p=g=e[r],d.moveTo(f,p),d.lineTo(m,g));d.stroke(),h==1&&d.translate(-u,-u)}function ni(e){let t=!0;return we.forEach((n,i)=>{if(!n.show)return;let a=O[n.scale];if(a.min==null){n._show&&(t=!1,n._show=!1,ai(!1));return}n._show||(t=!1,n._show=!0,ai(!1));let o=n.side,s=o%2,{min:c,max:l}=a,[u,d]=ei(i,c,l,s==0?H:U);if(d==0)return;let f=a.distr==2,p=n._splits=n.splits(r,i,c,l,u,d,f),m=a.distr==2?p.map(e=>ir[e]):p,h=a.distr==2?ir[p[1]]-ir[p[0]]:u,g=n._values=n.values(r,n.filter(r,m,i,d,h),i,d,h);n._rotate=o==2?n.rotate(r,g,i,d):0;let _=n._size;n._size=ut(n.size(r,g,i,e)),_!=null&&n._size!=_&&(t=!1)}),t}function ri(e){let t=!0;return Qn.forEach((n,i)=>{let a=n(r,i,Yn,e);a!=$n[i]&&(t=!1),$n[i]=a}),t}function ii(){for(let e=0;e<we.length;e++){let t=we[e];if(!t.show||!t._show)continue;let n=t.side,i=n%2,a,o,c=t.stroke(r,e),l=n==0||n==3?-1:1,[u,f]=t._found;if(t.label!=null){let s=t.labelGap*l,p=lt((t._lpos+s)*A);Vr(t.labelFont[0],c,`center`,n==2?pe:me),d.save(),i==1?(a=o=0,d.translate(p,lt(cn+un/2)),d.rotate((n==3?-st:st)/2)):(a=lt(sn+ln/2),o=p);let m=xt(t.label)?t.label(r,e,u,f):t.label;d.fillText(m,a,o),d.restore()}if(f==0)continue;let p=O[t.scale],m=i==0?ln:un,h=i==0?sn:cn,_=t._splits,v=p.distr==2?_.map(e=>ir[e]):_,y=p.distr==2?ir[_[1]]-ir[_[0]]:u,b=t.ticks,x=t.border,S=b.show?b.size:0,C=lt(S*A),w=lt((t.alignTo==2?t._size-S-t.gap:t.gap)*A),T=t._rotate*-st/180,E=g(t._pos*A),ee=E+(C+w)*l;o=i==0?ee:0,a=i==1?ee:0;let te=t.font[0];Vr(te,c,t.align==1?he:t.align==2?ge:T>0?he:T<0?ge:i==0?`center`:n==3?ge:he,T||i==1?`middle`:n==2?pe:me);let ne=t.font[1]*t.lineGap,re=_.map(e=>g(s(e,p,m,h))),ie=t._values;for(let e=0;e<ie.length;e++){let t=ie[e];if(t!=null){i==0?a=re[e]:o=re[e],t=``+t;let n=t.indexOf(`
`)==-1?[t]:t.split(/\n/gm);for(let e=0;e<n.length;e++){let t=n[e];T?(d.save(),d.translate(a,o+e*ne),d.rotate(T),d.fillText(t,0,0),d.restore()):d.fillText(t,a,o+e*ne)}}}b.show&&ti(re,b.filter(r,v,e,f,y),i,n,E,C,V(b.width*A,3),b.stroke(r,e),b.dash,b.cap);let ae=t.grid;ae.show&&ti(re,ae.filter(r,v,e,f,y),i,i==0?2:1,i==0?cn:sn,i==0?un:ln,V(ae.width*A,3),ae.stroke(r,e),ae.dash,ae.cap),x.show&&ti([E],[1],+(i==0),i==0?1:2,i==1?cn:sn,i==1?un:ln,V(x.width*A,3),x.stroke(r,e),x.dash,x.cap)}Q(`drawAxes`)}function ai(e){D.forEach((t,n)=>{n>0&&(t._paths=null,e&&(i==1?(t.min=null,t.max=null):t.facets.forEach(e=>{e.min=null,e.max=null})))})}let oi=!1,si=!1,ci=[];function li(){si=!1;for(let e=0;e<ci.length;e++)Q(...ci[e]);ci.length=0}function ui(){oi||=($t(fi),!0)}function di(e,t=!1){oi=!0,si=t,e(r),fi(),t&&ci.length>0&&queueMicrotask(li)}r.batch=di;function fi(){if(fn&&=(Gr(),!1),mn&&=(Sn(),!1),pn){if(j(p,he,en),j(p,pe,tn),j(p,de,H),j(p,fe,U),j(m,he,en),j(m,pe,tn),j(m,de,H),j(m,fe,U),j(f,de,Zt),j(f,fe,Qt),u.width=lt(Zt*A),u.height=lt(Qt*A),we.forEach(({_el:e,_show:t,_size:n,_pos:r,side:i})=>{if(e!=null){if(t){let t=i===3||i===0?n:0,a=i%2==1;j(e,a?`left`:`top`,r-t),j(e,a?`width`:`height`,n),j(e,a?`top`:`left`,a?tn:en),j(e,a?`height`:`width`,a?U:H),Pe(e,E)}else Ne(e,E)}}),gr=_r=vr=Tr=Er=Dr=Nr=Lr=yr=null,Rr=1,pa(!0),en!=nn||tn!=rn||H!=an||U!=on){ai(!1);let e=H/an,t=U/on;if(L&&!hn&&I.left>=0){I.left*=e,I.top*=t,Mi&&Re(Mi,lt(I.left),0,H,U),Ni&&Re(Ni,0,lt(I.top),H,U);for(let n=0;n<kn.length;n++){let r=kn[n];r!=null&&(zn[n]*=e,Un[n]*=t,Re(r,ut(zn[n]),ut(Un[n]),H,U))}}if(X.show&&!gn&&X.left>=0&&X.width>0){X.left*=e,X.width*=e,X.top*=t,X.height*=t;for(let e in ga)j(Ui,e,X[e])}nn=en,rn=tn,an=H,on=U}Q(`setSize`),pn=!1}Zt>0&&Qt>0&&(d.clearRect(0,0,u.width,u.height),Q(`drawClear`),je.forEach(e=>e()),Q(`draw`)),X.show&&gn&&(Wi(X),gn=!1),L&&hn&&(da(null,!0,!1),hn=!1),F.show&&F.live&&_n&&(ua(),_n=!1),c||(c=!0,r.status=1,Q(`ready`)),ar=!1,oi=!1}r.redraw=(e,t)=>{mn=t||!1,e===!1?ui():Ki(k,M.min,M.max)};function mi(e,n){let i=O[e];if(i.from==null){if(tr==0){let t=i.range(r,n.min,n.max,e);n.min=t[0],n.max=t[1]}if(n.min>n.max){let e=n.min;n.min=n.max,n.max=e}if(tr>1&&n.min!=null&&n.max!=null&&n.max-n.min<1e-16)return;e==k&&i.distr==2&&tr>0&&(n.min=Ke(n.min,t[0]),n.max=Ke(n.max,t[0]),n.min==n.max&&n.max++),N[e]=n,fn=!0,ui()}}r.setScale=mi;let Ai,ji,Mi,Ni,Pi,Fi,Ii,Li,Ri,zi,q,J,Bi=!1,Y=I.drag,Vi=Y.x,Hi=Y.y;L&&(I.x&&(Ai=Ie(te,m)),I.y&&(ji=Ie(ne,m)),M.ori==0?(Mi=Ai,Ni=ji):(Mi=ji,Ni=Ai),q=I.left,J=I.top);let X=r.select=Jt({show:!0,over:!0,left:0,width:0,top:0,height:0},e.select),Ui=X.show?Ie(ee,X.over?m:p):null;function Wi(e,t){if(X.show){for(let t in e)X[t]=e[t],t in ga&&j(Ui,t,e[t]);t!==!1&&Q(`setSelect`)}}r.setSelect=Wi;function Gi(e){if(D[e].show)ot&&Pe(St[e],E);else if(ot&&Ne(St[e],E),L){let t=G?kn[0]:kn[e];t!=null&&Re(t,-10,-10,H,U)}}function Ki(e,t,n){mi(e,{min:t,max:n})}function qi(e,t,n,a){t.focus!=null&&na(e),t.show!=null&&D.forEach((n,r)=>{r>0&&(e==r||e==null)&&(n.show=t.show,Gi(r),i==2?(Ki(n.facets[0].scale,null,null),Ki(n.facets[1].scale,null,null)):Ki(n.scale,null,null),ui())}),n!==!1&&Q(`setSeries`,e,t),a&&Ma(`setSeries`,r,e,t)}r.setSeries=qi;function Ji(e,t){Jt(Te[e],t)}function Yi(e,t){e.fill=B(e.fill||null),e.dir=P(e.dir,-1),t??=Te.length,Te.splice(t,0,e)}function Xi(e){e==null?Te.length=0:Te.splice(e,1)}r.addBand=Yi,r.setBand=Ji,r.delBand=Xi;function Zi(e,t){D[e].alpha=t,L&&kn[e]!=null&&(kn[e].style.opacity=t),ot&&St[e]&&(St[e].style.opacity=t)}let Qi,$i,ea,ta={focus:!0};function na(e){if(e!=ea){let t=e==null,n=Dn.alpha!=1;D.forEach((r,a)=>{if(i==1||a>0){let i=t||a==0||a==e;r._focus=t?null:i,n&&Zi(a,i?1:Dn.alpha)}}),ea=e,n&&ui()}}ot&&On&&Yt(Se,mt,e=>{I._lock||(En(e),ea!=null&&qi(null,ta,!0,$.setSeries))});function ra(e,t,n){let r=O[t];n&&(e=e/A-(r.ori==1?tn:en));let i=H;r.ori==1&&(i=U,e=i-e),r.dir==-1&&(e=i-e);let a=r._min,o=r._max,s=e/i,c=a+(o-a)*s,l=r.distr;return l==3?pt(10,c):l==4?_t(c,r.asinh):l==100?r.bwd(c):c}function ia(e,n){return Ke(ra(e,k,n),t[0],K,nr)}r.valToIdx=e=>Ke(e,t[0]),r.posToIdx=ia,r.posToVal=ra,r.valToPos=(e,t,n)=>O[t].ori==0?a(e,O[t],n?ln:H,n?sn:0):o(e,O[t],n?un:U,n?cn:0),r.setCursor=(e,t,n)=>{q=e.left,J=e.top,da(null,t,n)};function aa(e,t){j(Ui,he,X.left=e),j(Ui,de,X.width=t)}function oa(e,t){j(Ui,pe,X.top=e),j(Ui,fe,X.height=t)}let sa=M.ori==0?aa:oa,ca=M.ori==1?aa:oa;function la(){if(ot&&F.live)for(let e=+(i==2);e<D.length;e++){if(e==0&&kt)continue;let t=F.values[e],n=0;for(let r in t)Ct[e][n++].firstChild.nodeValue=t[r]}}function ua(e,t){if(e!=null&&(e.idxs?e.idxs.forEach((e,t)=>{rt[t]=e}):Vt(e.idx)||rt.fill(e.idx),F.idx=rt[0]),ot&&F.live){for(let e=0;e<D.length;e++)(e>0||i==1&&!kt)&&Z(e,rt[e]);la()}_n=!1,t!==!1&&Q(`setLegend`)}r.setLegend=ua;function Z(e,n){let i=D[e],a=e==0&&Be==2?ir:t[e],o;kt?o=i.values(r,e,n)??jt:(o=i.value(r,n==null?null:a[n],e,n),o=o==null?jt:{_:o}),F.values[e]=o}function da(e,n,a){Ri=q,zi=J,[q,J]=I.move(r,q,J),I.left=q,I.top=J,L&&(Mi&&Re(Mi,lt(q),0,H,U),Ni&&Re(Ni,0,lt(J),H,U));let o,s=K>nr;Qi=z,$i=null;let c=M.ori==0?H:U,l=M.ori==1?H:U;if(q<0||tr==0||s){o=I.idx=null;for(let e=0;e<D.length;e++){let t=kn[e];t!=null&&Re(t,-10,-10,H,U)}On&&qi(null,ta,!0,e==null&&$.setSeries),F.live&&(rt.fill(o),_n=!0)}else{let e,n,a;i==1&&(e=M.ori==0?q:J,n=ra(e,k),o=I.idx=Ke(n,t[0],K,nr),a=He(t[0][o],M,c,0));let s=-10,u=-10,d=0,f=0,p=!0,m=``,h=``;for(let e=+(i==2);e<D.length;e++){let g=D[e],_=rt[e],v=_==null?null:i==1?t[e][_]:t[e][1][_],y=I.dataIdx(r,e,o,n),b=y==null?null:i==1?t[e][y]:t[e][1][y];if(_n=_n||b!=v||y!=_,rt[e]=y,e>0&&g.show){let n=y==null?-10:y==o?a:He(i==1?t[0][y]:t[e][0][y],M,c,0),_=b==null?-10:Ue(b,i==1?O[g.scale]:O[g.facets[1].scale],l,0);if(On&&b!=null){let t=M.ori==1?q:J,n=ct(Dn.dist(r,e,y,_,t));if(n<Qi){let r=Dn.bias;if(r!=0){let i=ra(t,g.scale),a=b>=0?1:-1,o=i>=0?1:-1;o==a&&(o==1?r==1?b>=i:b<=i:r==1?b<=i:b>=i)&&(Qi=n,$i=e)}else Qi=n,$i=e}}if(_n||G){let t,i;M.ori==0?(t=n,i=_):(t=_,i=n);let a,o,c,l,g,v,y=!0,b=W.bbox;if(b!=null){y=!1;let t=b(r,e);c=t.left,l=t.top,a=t.width,o=t.height}else c=t,l=i,a=o=W.size(r,e);if(v=W.fill(r,e),g=W.stroke(r,e),G)e==$i&&Qi<=Dn.prox&&(s=c,u=l,d=a,f=o,p=y,m=v,h=g);else{let t=kn[e];t!=null&&(zn[e]=c,Un[e]=l,Ve(t,a,o,y),ze(t,v,g),Re(t,ut(c),ut(l),H,U))}}}}if(G){let e=Dn.prox;if(_n||(ea==null?Qi<=e:Qi>e||$i!=ea)){let e=kn[0];e!=null&&(zn[0]=s,Un[0]=u,Ve(e,d,f,p),ze(e,m,h),Re(e,ut(s),ut(u),H,U))}}}if(X.show&&Bi){if(e!=null){let[t,n]=$.scales,[r,i]=$.match,[a,o]=e.cursor.sync.scales,s=e.cursor.drag;if(Vi=s._x,Hi=s._y,Vi||Hi){let{left:s,top:u,width:d,height:f}=e.select,p=e.scales[a].ori,m=e.posToVal,h,g,_,v,y,b=t!=null&&r(t,a),x=n!=null&&i(n,o);b&&Vi?(p==0?(h=s,g=d):(h=u,g=f),_=O[t],v=He(m(h,a),_,c,0),y=He(m(h+g,a),_,c,0),sa(dt(v,y),ct(y-v))):sa(0,c),x&&Hi?(p==1?(h=s,g=d):(h=u,g=f),_=O[n],v=Ue(m(h,o),_,l,0),y=Ue(m(h+g,o),_,l,0),ca(dt(v,y),ct(y-v))):ca(0,l)}else _a()}else{let e=ct(Ri-Pi),t=ct(zi-Fi);if(M.ori==1){let n=e;e=t,t=n}Vi=Y.x&&e>=Y.dist,Hi=Y.y&&t>=Y.dist;let n=Y.uni;n==null?Y.x&&Y.y&&(Vi||Hi)&&(Vi=Hi=!0):Vi&&Hi&&(Vi=e>=n,Hi=t>=n,!Vi&&!Hi&&(t>e?Hi=!0:Vi=!0));let r,i;Vi&&(M.ori==0?(r=Ii,i=q):(r=Li,i=J),sa(dt(r,i),ct(i-r)),Hi||ca(0,l)),Hi&&(M.ori==1?(r=Ii,i=q):(r=Li,i=J),ca(dt(r,i),ct(i-r)),Vi||sa(0,c)),!Vi&&!Hi&&(sa(0,0),ca(0,0))}}if(Y._x=Vi,Y._y=Hi,e==null){if(a){if(Aa!=null){let[e,t]=$.scales;$.values[0]=e==null?null:ra(M.ori==0?q:J,e),$.values[1]=t==null?null:ra(M.ori==1?q:J,t)}Ma(ve,r,q,J,H,U,o)}if(On){let e=a&&$.setSeries,t=Dn.prox;ea==null?Qi<=t&&qi($i,ta,!0,e):Qi>t?qi(null,ta,!0,e):$i!=ea&&qi($i,ta,!0,e)}}_n&&(F.idx=o,ua()),n!==!1&&Q(`setCursor`)}let fa=null;Object.defineProperty(r,"rect",{get(){return fa??pa(!1),fa}});function pa(e=!1){e?fa=null:(fa=m.getBoundingClientRect(),Q(`syncRect`,fa))}function ma(e,t,n,r,i,a,o){I._lock||Bi&&e!=null&&e.movementX==0&&e.movementY==0||(ha(e,t,n,r,i,a,o,!1,e!=null),e==null?da(t,!0,!1):da(null,!0,!0))}function ha(e,t,n,i,a,o,c,l,u){if(fa??pa(!1),En(e),e!=null)n=e.clientX-fa.left,i=e.clientY-fa.top;else{if(n<0||i<0){q=-10,J=-10;return}let[e,r]=$.scales,c=t.cursor.sync,[l,u]=c.values,[d,f]=c.scales,[p,m]=$.match,h=t.axes[0].side%2==1,g=M.ori==0?H:U,_=M.ori==1?H:U,v=h?o:a,y=h?a:o,b=h?i:n,x=h?n:i;if(n=d==null?b/v*g:p(e,d)?s(l,O[e],g,0):-10,i=f==null?x/y*_:m(r,f)?s(u,O[r],_,0):-10,M.ori==1){let e=n;n=i,i=e}}u&&(t==null||t.cursor.event.type==ve)&&((n<=1||n>=H-1)&&(n=At(n,H)),(i<=1||i>=U-1)&&(i=At(i,U))),l?(Pi=n,Fi=i,[Ii,Li]=I.move(r,n,i)):(q=n,J=i)}let ga={width:0,height:0,left:0,top:0};function _a(){Wi(ga,!1)}let va,ya,ba,xa;function Sa(e,t,n,i,a,o,s){Bi=!0,Vi=Hi=Y._x=Y._y=!1,ha(e,t,n,i,a,o,s,!0,!1),e!=null&&(Yt(be,Oe,Ca,!1),Ma(ye,r,Ii,Li,H,U,null));let{left:c,top:l,width:u,height:d}=X;va=c,ya=l,ba=u,xa=d}function Ca(e,t,n,i,a,o,s){Bi=Y._x=Y._y=!1,ha(e,t,n,i,a,o,s,!1,!0);let{left:c,top:l,width:u,height:d}=X,f=u>0||d>0,p=va!=c||ya!=l||ba!=u||xa!=d;if(f&&p&&Wi(X),Y.setScale&&f&&p){let e=c,t=u,n=l,r=d;if(M.ori==1&&(e=l,t=d,n=c,r=u),Vi&&Ki(k,ra(e,k),ra(e+t,k)),Hi)for(let e in O){let t=O[e];e!=k&&t.from==null&&t.min!=z&&Ki(e,ra(n+r,e),ra(n,e))}_a()}else I.lock&&(I._lock=!I._lock,da(t,!0,e!=null));e!=null&&(Xt(be,Oe),Ma(be,r,q,J,H,U,null))}function wa(e,t,n,r,i,a,o){if(I._lock)return;En(e);let s=Bi;if(Bi){let e=!0,t=!0,n,r;M.ori==0?(n=Vi,r=Hi):(n=Hi,r=Vi),n&&r&&(e=q<=10||q>=H-10,t=J<=10||J>=U-10),n&&e&&(q=q<Ii?0:H),r&&t&&(J=J<Li?0:U),da(null,!0,!0),Bi=!1}q=-10,J=-10,rt.fill(null),da(null,!0,!0),s&&(Bi=s)}function Ta(e,t,n,i,a,o,s){I._lock||(En(e),hr(),_a(),e!=null&&Ma(Ce,r,q,J,H,U,null))}function Ea(){we.forEach(ki),bn(r.width,r.height,!0)}We(Ee,ke,Ea);let Da={};Da.mousedown=Sa,Da.mousemove=ma,Da.mouseup=Ca,Da.dblclick=Ta,Da.setSeries=(e,t,n,i)=>{let a=$.match[2];n=a(r,t,n),n!=-1&&qi(n,i,!0,!1)},L&&(Yt(ye,m,Sa),Yt(ve,m,ma),Yt(xe,m,e=>{En(e),pa(!1)}),Yt(Se,m,wa),Yt(Ce,m,Ta),pi.add(r),r.syncRect=pa);let Oa=r.hooks=e.hooks||{};function Q(e,t,n){si?ci.push([e,t,n]):e in Oa&&Oa[e].forEach(e=>{e.call(null,r,t,n)})}(e.plugins||[]).forEach(e=>{for(let t in e.hooks)Oa[t]=(Oa[t]||[]).concat(e.hooks[t])});let ka=(e,t,n)=>n,$=Jt({key:null,setSeries:!1,filters:{pub:Et,sub:Et},scales:[k,D[1]?D[1].scale:null],match:[Dt,Dt,ka],values:[null,null]},I.sync);$.match.length==2&&$.match.push(ka),I.sync=$;let Aa=$.key,ja=Pr(Aa);function Ma(e,t,n,r,i,a,o){$.filters.pub(e,t,n,r,i,a,o)&&ja.pub(e,t,n,r,i,a,o)}ja.sub(r);function Na(e,t,n,r,i,a,o){$.filters.sub(e,t,n,r,i,a,o)&&Da[e](null,t,n,r,i,a,o)}r.pub=Na;function Pa(){ja.unsub(r),pi.delete(r),Kt.clear(),Ge(Ee,ke,Ea),l.remove(),mt?.remove(),Q(`destroy`)}r.destroy=Pa;function Fa(){Q(`init`,e,t),or(t||e.data,!1),N[k]?mi(k,N[k]):hr(),gn=X.show&&(X.width>0||X.height>0),hn=_n=!0,bn(e.width,e.height)}return D.forEach(Kn),we.forEach(Xn),n?n instanceof HTMLElement?(n.appendChild(l),Fa()):n(r,Fa):Fa(),r}Ai.assign=Jt,Ai.fmtNum=ot,Ai.rangeNum=it,Ai.rangeLog=Qe,Ai.rangeAsinh=$e,Ai.orient=Lr,Ai.pxRatio=A,Ai.join=H,Ai.fmtDate=dn,Ai.tzDate=pn,Ai.sync=Pr;{Ai.addGap=Hr,Ai.clipGaps=Vr;let e=Ai.paths={points:ni};e.linear=oi,e.stepped=si,e.bars=li,e.spline=di}var ji=`.uplot,.uplot *,.uplot :before,.uplot :after{box-sizing:border-box}.uplot{width:min-content;font-family:system-ui,-apple-system,Segoe UI,Roboto,Helvetica Neue,Arial,Noto Sans,sans-serif,Apple Color Emoji,Segoe UI Emoji,Segoe UI Symbol,Noto Color Emoji;line-height:1.5}.u-title{text-align:center;font-size:18px;font-weight:700}.u-wrap{-webkit-user-select:none;user-select:none;position:relative}.u-over,.u-under{position:absolute}.u-under{overflow:hidden}.uplot canvas{width:100%;height:100%;display:block;position:relative}.u-axis{position:absolute}.u-legend{text-align:center;margin:auto;font-size:14px}.u-inline{display:block}.u-inline *{display:inline-block}.u-inline tr{margin-right:16px}.u-legend th{font-weight:600}.u-legend th>*{vertical-align:middle;display:inline-block}.u-legend .u-marker{width:1em;height:1em;margin-right:4px;background-clip:padding-box!important}.u-inline.u-live th:after{content:":";vertical-align:middle}.u-inline:not(.u-live) .u-value{display:none}.u-series>*{padding:4px}.u-series th{cursor:pointer}.u-legend .u-off>*{opacity:.3}.u-select{pointer-events:none;background:#00000012;position:absolute}.u-cursor-x,.u-cursor-y{pointer-events:none;will-change:transform;position:absolute;top:0;left:0}.u-hz .u-cursor-x,.u-vt .u-cursor-y{border-right:1px dashed #607d8b;height:100%}.u-hz .u-cursor-y,.u-vt .u-cursor-x{border-bottom:1px dashed #607d8b;width:100%}.u-cursor-pt{pointer-events:none;will-change:transform;border:0 solid;border-radius:50%;position:absolute;top:0;left:0;background-clip:padding-box!important}.u-axis.u-off,.u-select.u-off,.u-cursor-x.u-off,.u-cursor-y.u-off,.u-cursor-pt.u-off{display:none}`,Mi=class extends n{constructor(...e){super(...e),this.series=[],this.between=[],this.bands=[],this.range=[0,0],this.now=0,this.when=``,this.time=e=>String(e),this.value=e=>String(e)}static{this.styles=[i(ji),a`
      :host {
        display: block;
        min-height: 280px;
      }
      .u-legend {
        text-align: start;
        font-size: 12px;
      }
      .u-legend .u-series > * {
        padding: 2px 6px;
      }
    `]}render(){return l`<div class="holder"></div>`}connectedCallback(){super.connectedCallback(),this.observer=new ResizeObserver(()=>this.fit()),this.observer.observe(this)}disconnectedCallback(){super.disconnectedCallback(),this.observer?.disconnect(),this.plot?.destroy(),this.plot=void 0}updated(){this.plot?.destroy(),this.plot=void 0;let e=this.renderRoot.querySelector(`.holder`);if(!e||this.series.length===0)return;let t=getComputedStyle(this),n=t.getPropertyValue(`--secondary-text-color`).trim()||`#666`,r=t.getPropertyValue(`--divider-color`).trim()||`#ddd`,i=[...new Set(this.series.flatMap(e=>e.points.map(([e])=>e)))].sort((e,t)=>e-t),a=this.series.map(e=>{let t=new Map(e.points),n=null,r=e.points.at(-1)?.[0]??-1/0;return i.map(i=>{if(t.has(i))n=t.get(i);else if(!e.stepped)return;return i>r?null:n})}),o={stroke:n,grid:{stroke:r,width:1},ticks:{stroke:r,width:1}},s=`color-mix(in srgb, ${t.getPropertyValue(`--warning-color`).trim()||`#ffa600`} 45%, transparent)`,c=Ai.paths.stepped?.({align:1});this.plot=new Ai({width:Math.max(280,this.clientWidth),height:260,scales:{x:{time:!1,range:(e,t,n)=>t===n?this.range:[t,n]},y:{range:(e,t,n)=>[Math.min(0,t),Math.max(1,n*1.08)]}},axes:[{...o,values:(e,t)=>t.map(e=>this.time(e)),splits:(e,t,n,r)=>Ni(n,r)},{...o,size:64,values:(e,t)=>t.map(e=>this.value(e))}],series:[{label:this.when,value:(e,t)=>t==null?`–`:this.time(t)},...this.series.map(e=>({label:e.label,stroke:e.color,width:e.width??2,points:{show:!1},spanGaps:!e.stepped,value:(e,t)=>t==null?`–`:this.value(t),...e.dash?{dash:e.dash}:{},...e.fill?{fill:e.fill}:{},...e.stepped&&c?{paths:c}:{}}))],bands:this.between.map(e=>({series:e,fill:s})),cursor:{drag:{x:!0,y:!1}},hooks:{drawClear:[e=>this.drawBands(e)],draw:[e=>this.drawNow(e,n)]}},[i,...a],e)}fit(){this.plot&&Math.abs(this.plot.width-this.clientWidth)>4&&this.clientWidth>0&&this.plot.setSize({width:Math.max(280,this.clientWidth),height:260})}drawBands(e){let{ctx:t,bbox:n}=e;t.save(),t.fillStyle=getComputedStyle(this).getPropertyValue(`--warning-color`).trim()||`#ffa600`,t.globalAlpha=.18;for(let r of this.bands){let i=Math.max(n.left,e.valToPos(r.from,`x`,!0)),a=Math.min(n.left+n.width,e.valToPos(r.to,`x`,!0));a>i&&t.fillRect(i,n.top,a-i,n.height)}t.restore()}drawNow(e,t){if(!this.now)return;let{ctx:n,bbox:r}=e,i=e.valToPos(this.now,`x`,!0);i<r.left||i>r.left+r.width||(n.save(),n.strokeStyle=t,n.setLineDash([4,4]),n.beginPath(),n.moveTo(i,r.top),n.lineTo(i,r.top+r.height),n.stroke(),n.restore())}};u([o({attribute:!1})],Mi.prototype,`series`,void 0),u([o({attribute:!1})],Mi.prototype,`between`,void 0),u([o({attribute:!1})],Mi.prototype,`bands`,void 0),u([o({attribute:!1})],Mi.prototype,`range`,void 0),u([o({type:Number})],Mi.prototype,`now`,void 0),u([o()],Mi.prototype,`when`,void 0),u([o({attribute:!1})],Mi.prototype,`time`,void 0),u([o({attribute:!1})],Mi.prototype,`value`,void 0),Mi=u([f(`tangle-grid-chart`)],Mi);function Ni(e,t){let n=t-e,r=[900,1800,3600,7200,10800,14400,21600,43200].find(e=>n/e<=9)??86400,i=[];for(let n=Math.ceil(e/r)*r;n<=t;n+=r)i.push(n);return i}var Pi=86400,Fi=6e4,Ii=1800,Li=28800,Ri=[`today`,`yesterday`,`compare`,`week`];function zi(e,t){let n=0;for(let r of e){if(t<r.starts_at||t>=r.ends_at)continue;let e=(r.ends_at-r.starts_at)/3600,i=r.parts.reduce((e,t)=>e+(t.energy_wh??0),0);n+=r.closed?i/Math.max(e,1/60):Math.max(r.active_w,0)}return n}function q(e,t){let n=e[0]?.[0],r=e.at(-1)?.[0];if(n===void 0||r===void 0)return[];let i=t.flatMap(e=>[e.starts_at,e.ends_at]).filter(e=>e>n&&e<r),a=[...new Set([...e.map(([e])=>e),...i])].sort((e,t)=>e-t),o=0;return a.map(n=>{for(;o+1<e.length&&e[o+1][0]<=n;)o+=1;let r=e[o]?.[1]??null,i=e[o]?.[0]??n,a=zi(t.filter(e=>e.starts_at<=i),n);return[n,r===null||a===0?null:r+a]})}function J(e){let t=null;for(let[n,r]of e)r!==null&&(t===null||r>t.watts)&&(t={at:n,watts:r});return t}var Bi=class extends c{constructor(...e){super(...e),this.shown=`today`,this.measured=[],this.earlier=[],this.week=[],this.problem=``,this.loaded=``,this.loadedAt=0}static{this.styles=[d,a`
      :host {
        display: block;
      }
      .legend {
        margin-top: 4px;
      }
      details {
        border-top: 1px solid var(--tg-line);
        padding: 8px 0;
      }
      summary {
        cursor: pointer;
        min-height: 28px;
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
    `]}willUpdate(e){super.willUpdate(e);let t=this.island,n=this.watched.picture?.entities[0]?.load;if(!t||!n)return;let r=`${n}/${this.shown}`;r===this.loaded&&Date.now()-this.loadedAt<Fi/Math.min(10,t.speed)||(this.loaded=r,this.loadedAt=Date.now(),this.load(t,n))}midnight(e){return h(m(e,Date.now()/1e3),this.hass?.config.time_zone??`UTC`)}range(e){let t=this.midnight(e);return this.shown===`yesterday`?[t-Pi,t]:[t,t+Pi]}drawn(e){let[t,n]=this.range(e);if(this.shown!==`today`)return[t,n];let r=this.measured[0]?.[0]??t,i=m(e,Date.now()/1e3);return[Math.max(t,r-Ii),Math.max(i+Li,Math.min(n,r+Li))]}async load(e,t){try{if(this.shown===`week`){let n=this.midnight(e),r=await this.hass?.callWS({type:`recorder/statistics_during_period`,start_time:new Date(p(e,n-6*Pi)*1e3).toISOString(),statistic_ids:[t],period:e.speed===1?`day`:`5minute`,types:[`mean`,`max`]});this.week=r?.[t]??[]}else{let[n,r]=this.range(e);this.measured=await this.history(e,t,n,r),this.earlier=this.shown===`compare`?await this.history(e,t,n-Pi,r-Pi):[]}this.problem=``}catch(e){this.problem=e.message??String(e)}}async history(e,t,n,r){let i=Math.min(p(e,r),Date.now()/1e3),a=Math.min(p(e,n),i);return((await this.hass?.callWS({type:`history/history_during_period`,start_time:new Date(a*1e3).toISOString(),end_time:new Date(i*1e3).toISOString(),entity_ids:[t],minimal_response:!0,no_attributes:!0}))?.[t]??[]).map(t=>{let n=Number(t.s);return[m(e,t.lu??t.lc??0),t.s!==``&&Number.isFinite(n)?n:null]})}renderIsland(e,t){let n=this.words,i={today:n.t(`today`),yesterday:n.t(`yesterday`),compare:n.t(`compare`),week:n.t(`week`)};return l`<section class="box">
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
    </section>`}renderDay(e,t){let n=this.words;if(this.measured.length<2)return l`<p class="waiting">${this.shown===`yesterday`?n.t(`day_not_recorded`):n.t(`day_too_early`)}</p>`;let i=this.drawn(t),a=e.feeders[t.main_feeder],o=e.plan[0],s=Object.values(e.requests),c=e=>e.map((e,t)=>[(o?.start??0)+t*(o?.step_s??0),e]),u=e=>e.filter(([e])=>e>=i[0]&&e<=i[1]),d=getComputedStyle(this),f=(e,t)=>d.getPropertyValue(e).trim()||t,p=u(this.measured),m=q(p,s),h=m.some(([,e])=>e!==null),_=[{label:n.t(`day_measured`),color:f(`--primary-color`,`#0288d1`),fill:`rgba(2, 136, 209, 0.18)`,points:p,stepped:!0}],v=[];if(h&&this.shown!==`compare`&&(_.push({label:n.t(`day_without`),color:f(`--warning-color`,`#b26a00`),width:1,points:m,stepped:!0}),v.push([2,1])),this.shown===`compare`){let e=this.earlier.map(([e,t])=>[e+Pi,t]);_.push({label:n.t(`yesterday`),color:f(`--secondary-text-color`,`#777`),dash:[6,4],points:u(e),stepped:!0})}o&&this.shown===`today`&&_.push({label:n.t(`day_planned`),color:f(`--success-color`,`#2e7d32`),dash:[6,4],points:u(c(o.total_w))},{label:n.t(`day_base`),color:f(`--secondary-text-color`,`#777`),dash:[2,4],points:u(c(o.base_w))});for(let[e,t,r]of[[n.t(`capacity`),g(a?.capacity_w),`--error-color`],[n.t(`threshold`),g(a?.threshold_w),`--warning-color`]])t&&_.push({label:e,color:f(r,`#c62828`),width:1,dash:[1,0],points:[[i[0],t],[i[1],t]]});let y=s.filter(e=>e.ends_at>i[0]&&e.starts_at<i[1]).map(e=>({from:e.starts_at,to:e.ends_at,label:n.power(e.power_w)})),b=J(p),x=J(m),S=x&&b&&x.watts>b.watts?x:b,C=b?n.t(`day_text`,{power:n.power(b.watts),at:n.time(b.at)}):n.t(`day_too_early`);return l`<tangle-grid-chart
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
      ></tangle-grid-chart>
      <p class="soft legend">${n.t(`day_bands`)}</p>
      ${h&&b&&S&&this.shown!==`compare`?l`<div class="facts peaks">
            <div><span>${n.t(`peak_with`)}</span><b>${n.power(b.watts)} · ${n.time(b.at)}</b></div>
            <div><span>${n.t(`peak_without`)}</span><b>${n.power(S.watts)} · ${n.time(S.at)}</b></div>
            <div><span>${n.t(`peak_saved`)}</span><b>${n.power(Math.max(0,S.watts-b.watts))}</b></div>
          </div>`:r}`}renderWeek(e,t){let n=this.words,r=this.hass?.config.time_zone??`UTC`,i=new Map;for(let e of this.week){let n=h(m(t,e.start/1e3),r),a=i.get(n)??{mean:[],max:0};e.mean!==null&&a.mean.push(e.mean),a.max=Math.max(a.max,e.max??0),i.set(n,a)}if(i.size===0)return l`<p class="waiting">${n.t(`week_too_early`)}</p>`;let a=g(e.feeders[t.main_feeder]?.capacity_w)??1,o=[...i].sort(([e],[t])=>e-t).slice(-7);return l`<div class="days">
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
      </details>`})}`}};u([t()],Bi.prototype,`shown`,void 0),u([t()],Bi.prototype,`measured`,void 0),u([t()],Bi.prototype,`earlier`,void 0),u([t()],Bi.prototype,`week`,void 0),u([t()],Bi.prototype,`problem`,void 0),Bi=u([f(`tangle-grid-day`)],Bi);var Y=240,Vi=111320;function Hi(e,t){return[(t.longitude-e.longitude)*Vi*Math.cos(e.latitude*Math.PI/180),(t.latitude-e.latitude)*Vi]}function X(e){let t=e*2/3,n=10**Math.floor(Math.log10(Math.max(1,t)));return[5,2,1].map(e=>e*n).find(e=>e<=t)??n}var Ui=class extends c{constructor(...e){super(...e),this.device=``,this.reports=null,this.findings=[],this.problem=``,this.loaded=``}static{this.styles=[d,a`
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
    `]}willUpdate(e){super.willUpdate(e),this.hass&&this.device&&this.loaded!==this.device&&(this.loaded=this.device,this.load())}async load(){try{let e=(await this.hass?.callService(`tangle_grid`,`get_reports`,{device_id:this.device},void 0,!1,!0))?.response;this.reports=e.reports,this.findings=e.findings}catch(e){this.problem=e.message??String(e)}}renderIsland(e,t){let n=this.words;if(this.problem)return l`<p class="soft" role="alert">${this.problem}</p>`;if(this.reports===null)return l`<p class="soft">${n.t(`waiting`)}</p>`;let r=[...this.findings,...this.reports];if(r.length===0)return l`<p class="soft">${n.t(`no_findings`)}</p>`;let i={latitude:r.reduce((e,t)=>e+t.latitude,0)/r.length,longitude:r.reduce((e,t)=>e+t.longitude,0)/r.length},a=Math.max(25,...r.map(e=>Math.hypot(...Hi(i,e))))*1.2,o=e=>{let[t,n]=Hi(i,e);return[Y/2+t/a*(Y/2),Y/2-n/a*(Y/2)]},c=X(a),u=c/a*(Y/2);return l`<div class="map">
      <svg class="field" viewBox="0 0 ${Y} ${Y}" role="img" aria-label=${n.t(`findings_map`,{findings:this.findings.length,reports:this.reports.length})}>
        <circle class="ring" cx=${Y/2} cy=${Y/2} r=${Y/4}></circle>
        <circle class="ring" cx=${Y/2} cy=${Y/2} r=${Y/2-4}></circle>
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
    </div>`}};u([o()],Ui.prototype,`device`,void 0),u([t()],Ui.prototype,`reports`,void 0),u([t()],Ui.prototype,`findings`,void 0),u([t()],Ui.prototype,`problem`,void 0),Ui=u([f(`tangle-grid-findings`)],Ui);var Wi=30,Gi=190,Ki=5,qi=22,Ji=48,Yi=[`meter`,`request`,`answer`,`settlement`,`payment`];function Xi(e,t=Ji){let n=[...e].sort((e,t)=>e.attached_at-t.attached_at||e.tail.localeCompare(t.tail)).slice(-t),r=new Map,i=Array(Ki).fill(-2);return n.map((e,t)=>{let n=e.approves.map(e=>r.get(e)).filter(e=>e!==void 0),a=0,o=1/0;for(let e=0;e<Ki;e+=1){let r=n.reduce((t,n)=>t+Math.abs(n-e),0)+(t-i[e]<3?6:0)+Math.abs(e-2)/4;r<o&&([a,o]=[e,r])}return r.set(e.tail,a),i[a]=t,{...e,x:qi+t*Wi,y:qi+a*146/4}})}var Zi=class extends c{constructor(...e){super(...e),this.nodes=null,this.seen=-1,this.known=new Set}static{this.styles=[d,a`
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
    `]}willUpdate(e){super.willUpdate(e);let t=this.watched.picture?.ledger[0];if(!this.hass||!this.entryId||!t?.open||this.watched.state!==`live`)return;let n=(t.transactions??0)*1000003+(t.milestone??0);n!==this.seen&&(this.seen=n,this.load())}async load(){try{this.nodes=await this.hass?.callWS({type:`tangle_grid/tangle`,entry_id:this.entryId})??[]}catch(e){console.debug(`tangle_grid`,e)}}renderIsland(e,t){if(!this.nodes?.length)return r;let n=this.words,i=Xi(this.nodes),a=new Map(i.map(e=>[e.tail,e])),o=this.known.size===0,c=new Set(i.filter(e=>!o&&!this.known.has(e.tail)).map(e=>e.tail));for(let e of i)this.known.add(e.tail);let u=44+(i.length-1)*Wi,d=n.t(`graph_text`,{count:i.length,confirmed:i.filter(e=>e.confirmed).length});return l`<div class="scroll" role="img" aria-label=${d}>
        <svg width=${u} height=${Gi} viewBox="0 0 ${u} ${Gi}">
          ${i.flatMap(e=>e.approves.map(t=>{let n=a.get(t);if(!n)return s`<path class="edge" d="M${e.x} ${e.y}l-14 0" opacity="0.4"></path>`;let r=(e.x-n.x)/2;return s`<path class="edge" d="M${e.x} ${e.y}C${e.x-r} ${e.y} ${n.x+r} ${n.y} ${n.x} ${n.y}"></path>`}))}
          ${i.map(e=>this.renderNode(e,t,c.has(e.tail)))}
        </svg>
      </div>
      <div class="key" aria-hidden="true">
        ${Yi.map(e=>l`<span><svg viewBox="-8 -8 16 16">${Qi(e,`node ${e} confirmed`)}</svg>${n.t(`kind_${e}`)}</span>`)}
        <span><svg viewBox="-8 -8 16 16">${Qi(null,`node confirmed`)}</svg>${n.t(`kind_milestone`)}</span>
        <span><svg viewBox="-8 -8 16 16">${Qi(`meter`,`node meter`)}</svg>${n.t(`unconfirmed`)}</span>
      </div>`}renderNode(e,t,n){let r=this.words,i=e.kind??`milestone`,a=[r.maybe(`kind_${i}`)??i,r.time(m(t,e.attached_at),!0),e.value?r.tokens(e.value,t):``,r.t(e.confirmed?`confirmed`:`unconfirmed`)];return s`<g transform="translate(${e.x} ${e.y})" @click=${()=>this.open(e)}>
      <g class=${n?`new`:``}>
        <title>${a.filter(Boolean).join(` · `)}</title>
        ${Qi(e.kind,`node ${e.kind??``} ${e.confirmed?`confirmed`:``}`)}
      </g>
    </g>`}open(e){this.dispatchEvent(new CustomEvent(`tangle-grid-transaction`,{detail:e.tail,bubbles:!0,composed:!0}))}};u([t()],Zi.prototype,`nodes`,void 0),Zi=u([f(`tangle-grid-graph`)],Zi);function Qi(e,t){switch(e){case`payment`:return s`<path class=${t} d="M0 -8L8 0L0 8L-8 0Z"></path>`;case`settlement`:return s`<path class=${t} d="M-4 -7H4L8 0L4 7H-4L-8 0Z"></path>`;case`request`:return s`<rect class=${t} x="-6" y="-6" width="12" height="12"></rect>`;case`answer`:return s`<path class=${t} d="M0 -7L7 6H-7Z"></path>`;case null:return s`<circle class=${t} r="3"></circle>`;default:return s`<circle class=${t} r="6"></circle>`}}var $i=1e21;function ea(e){if(typeof e==`number`){let t=Math.abs(e);if(!Number.isFinite(e)||t>2**53-1&&t<$i)throw RangeError(`a number that is not exact`);return JSON.stringify(e)}if(typeof e!=`object`||!e)return JSON.stringify(e);if(Array.isArray(e))return`[${e.map(ea).join(`,`)}]`;let t=e;return`{${Object.keys(t).sort().map(e=>`${JSON.stringify(e)}:${ea(t[e])}`).join(`,`)}}`}function ta(e){let t=[];for(let n=2n;t.length<e;n+=1n)t.every(e=>n%e!==0n)&&t.push(n);return t}function na(e,t,n){let r=e<<t*n,i=0n,a=1n<<n+5n;for(;a-i>1n;){let e=i+a>>1n;e**t<=r?i=e:a=e}return i&(1n<<n)-1n}function ra(e,t,n){let[r=[],i=[],a=[],o=[]]=n;return{bits:e,rounds:t,block:Number(e)*2,start:ta(8).map(t=>na(t,2n,e)),constants:ta(t).map(t=>na(t,3n,e)),big0:r,big1:i,small0:a,small1:o}}var ia=new Map;function aa(e){let t=ia.get(e);return t||(t=e===256?ra(32n,64,[[2n,13n,22n],[6n,11n,25n],[7n,18n,3n],[17n,19n,10n]]):ra(64n,80,[[28n,34n,39n],[14n,18n,41n],[1n,8n,7n],[19n,61n,6n]]),ia.set(e,t)),t}function oa(e,t){let n=aa(e),r=(1n<<n.bits)-1n,i=Number(n.bits)/8,a=(e,t)=>(e>>t|e<<n.bits-t)&r,o=(e,t)=>t.reduce((t,n)=>t^a(e,n),0n),s=(e,[t=0n,n=0n,r=0n])=>a(e,t)^a(e,n)^e>>r,c=Math.ceil((t.length+1+2*i)/n.block)*n.block,l=new Uint8Array(c);l.set(t),l[t.length]=128,new DataView(l.buffer).setBigUint64(c-8,BigInt(t.length)*8n);let u=[...n.start];for(let e=0;e<c;e+=n.block){let t=[];for(let n=0;n<16;n+=1)t.push(sa(l.subarray(e+n*i,e+(n+1)*i)));for(let e=16;e<n.rounds;e+=1){let[i,a,o,c]=[2,7,15,16].map(n=>t[e-n]);t.push(s(i,n.small1)+a+s(o,n.small0)+c&r)}let[a,c,d,f,p,m,h,g]=u;t.forEach((e,t)=>{let i=g+o(p,n.big1)+(p&m^~p&r&h)+n.constants[t]+e,s=o(a,n.big0)+(a&c^a&d^c&d);[a,c,d,f,p,m,h,g]=[i+s&r,a,c,d,f+i&r,p,m,h]}),u=[a,c,d,f,p,m,h,g].map((e,t)=>e+u[t]&r)}let d=new Uint8Array(u.length*i);return u.forEach((e,t)=>d.set(ca(e,i),t*i)),d}function sa(e){return e.reduce((e,t)=>e<<8n|BigInt(t),0n)}function ca(e,t){return Uint8Array.from({length:t},(n,r)=>Number(e>>BigInt(8*(t-1-r))&255n))}var la=2n**255n-19n,ua=2n**252n+27742317777372353535851937790883648493n,Z=e=>(e%la+la)%la;function da(e,t){let n=1n,r=Z(e);for(let e=t;e>0n;e>>=1n)e&1n&&(n=Z(n*r)),r=Z(r*r);return n}var fa=e=>da(e,la-2n),pa=Z(-121665n*fa(121666n)),ma=da(2n,(la-1n)/4n);function ha(e,t){let n=Z((e.y-e.x)*(t.y-t.x)),r=Z((e.y+e.x)*(t.y+t.x)),i=Z(2n*e.t*t.t*pa),a=Z(2n*e.z*t.z),[o,s,c,l]=[r-n,a-i,a+i,r+n];return{x:Z(o*s),y:Z(c*l),z:Z(s*c),t:Z(o*l)}}function ga(e,t){let n={x:0n,y:1n,z:1n,t:0n},r=e;for(let e=t;e>0n;e>>=1n)e&1n&&(n=ha(n,r)),r=ha(r,r);return n}function _a(e){let t=ba(e),n=t&2n**255n-1n;if(n>=la)return null;let r=Z(Z(n*n-1n)*fa(pa*n*n+1n)),i=da(r,(la+3n)/8n);if(Z(i*i)!==r&&(i=Z(i*ma)),Z(i*i)!==r)return null;let a=t>>255n;return i===0n&&a?null:((i&1n)!==a&&(i=la-i),{x:i,y:n,z:1n,t:Z(i*n)})}var va=_a(xa(`5866666666666666666666666666666666666666666666666666666666666666`));function ya({x:e,y:t,z:n}){let r=fa(n);return Z(t*r)|(Z(e*r)&1n)<<255n}function ba(e){return e.reduceRight((e,t)=>e<<8n|BigInt(t),0n)}function xa(e){return Uint8Array.from(e.match(/../g)??[],e=>Number.parseInt(e,16))}function Sa(e,t,n){if(e.length!==32||t.length!==64)return!1;let r=_a(e),[i,a]=[t.subarray(0,32),ba(t.subarray(32))];if(!r||a>=ua)return!1;let o=ba(oa(512,Uint8Array.of(...i,...e,...n)))%ua,s={x:Z(-r.x),y:r.y,z:r.z,t:Z(-r.t)};return ya(ha(ga(va,a),ga(s,o)))===ba(i)}async function Ca(e,t,n){let[r,i,a]=[xa(e),xa(t),new TextEncoder().encode(n)];if(globalThis.crypto?.subtle)try{let e=await crypto.subtle.importKey(`raw`,r,{name:`Ed25519`},!1,[`verify`]);return await crypto.subtle.verify({name:`Ed25519`},e,i,a)}catch{}return Sa(r,i,a)}function wa(e){return[...oa(256,new TextEncoder().encode(e))].map(e=>e.toString(16).padStart(2,`0`)).join(``)}var Ta=2,Ea=4096,Da=2678400,Oa=3600n;function Q(e,t,n=2**53-1){if(typeof e!=`number`||!Number.isSafeInteger(e)||e<t||e>n)throw RangeError(`a number that cannot be`);return e}function ka(e,t,n){if(!Array.isArray(e)||e.length>Ea)throw RangeError(`no list of steps`);let r=[];for(let i of e){if(!Array.isArray(i)||i.length!==2)throw RangeError(`no step`);let e=r.at(-1),a=Q(i[0],e?e[0]+1:0,Da);if(!e&&a!==0)throw RangeError(`does not begin at 0`);r.push([a,n&&i[1]===null?null:Q(i[1],t)])}return r}function $(e,t){let n=null;for(let[r,i]of e){if(r>t)break;n=i}return n}function Aa(e,t){let n=e/t;return e%t<0n?n-1n:n}var ja=(e,t)=>e<t?e:t,Ma=e=>e>0n?e:0n;function Na(e){if(e.version!==Ta)throw RangeError(`another version`);let t=Q(e.duration_s,0,Da),n=ka(e.readings,-(2**53-1),!0),r=ka(e.quantities,0,!1),i=Q(e.baseline_w,-(2**53-1)),a=BigInt(i),o=e.need_wh===null||e.need_wh===void 0?null:Q(e.need_wh,0),s=o===null?null:BigInt(o)*Oa,c=Q(e.rate_i_per_kwh,0);if(n.length>0!=t>0)throw RangeError(`readings without a duration`);let l=[...new Set([0,t,...[...n,...r].map(([e])=>e).filter(e=>e<t)])];l.sort((e,t)=>e-t);let[u,d,f]=[0n,0n,0n],p=[];l.slice(0,-1).forEach((e,t)=>{let o=l[t+1],c=$(n,e),m=$(r,e)??0,h=0n;if(c!==null){let[t,n,r]=[BigInt(c),BigInt(m),BigInt(o-e)],i=r;s!==null&&a>0n&&(i=ja(r,s/a),s-=i*a),h=i*ja(Ma(a-t),n)+(r-i)*ja(Ma(-t),n),u+=h,f+=i*a,d+=r*t}p.push({start:e,end:o,power_w:c,asked_w:m,baseline_w:i,delivered_ws:h})});let m=Aa(u,Oa);return{energy_wh:Number(m),baseline_wh:Number(Aa(f,Oa)),measured_wh:Number(Aa(d,Oa)),amount_i:Number(Aa(m*BigInt(c),1000n)),pieces:p}}var Pa=1,Fa=[`request_id`,`payment_id`,`energy_wh`,`baseline_wh`,`measured_wh`,`rate_i_per_kwh`,`amount_i`];async function Ia(e){try{let t=JSON.parse(e.text);if(ea(t)!==e.text)return null;let{sig:n,...r}=t,i=t.body,a=`sealed`in i&&`epoch`in i;return{kind:String(t.kind),island:String(t.island),from:String(t.from),seq:Number(t.seq),at:Number(t.at),sig:String(n),body:a?e.body:i,text:e.text,sealed:a,genuine:await Ca(String(t.from),String(n),ea(r))}}catch{return null}}function La(e,t){return e.from===t.from?e.seq<t.seq:t.body.re===wa(e.text)}function Ra(e,t,n){let r=e.some(({body:e})=>e.public_key===t.from&&e.participant===n&&Number(e.valid_from)<=t.at),i=e.some(({body:e})=>e.revokes===t.from&&t.seq>Number(e.last_sequence));return r&&!i}function za(e,t){let n=Fa.filter(n=>n in e&&e[n]!==t[n]);`device_id`in e&&e.device_id!==t.participant&&n.push(`device_id`);let r=e.quantities;if(`quantity_w`in e&&Array.isArray(r)){let t=r.at(-1);e.quantity_w!==(t?.at(-1)??0)&&n.push(`quantity_w`)}return n}function Ba(e,t){let[n,r,i]=[`active_at`,`ended_at`,`duration_s`].map(t=>e[t]);return typeof n!=`number`||typeof r!=`number`||typeof i!=`number`?!1:Number(t.starts_at)-Pa<=n&&r<=Number(t.ends_at)+Pa&&i>=0&&i<=r-n+Pa}function Va(e,t){return Array.isArray(e)&&e.every(e=>Array.isArray(e)&&Number.isInteger(e[1])&&Number(e[1])<=t+Pa)}async function Ha(e){let t=(await Promise.all(e.messages.map(Ia))).filter(e=>e!==null),n=t.filter(t=>t.genuine&&t.island===e.island),r=n.filter(t=>t.from===e.public_key),i=[],a=(e,t,n={})=>{i.push({check:e,ok:t,values:n})},o=r.find(e=>e.kind===`payment`);a(`signature`,o!==void 0&&t.length===e.messages.length,{key:e.public_key});let s=r.find(t=>t.kind===`settlement`&&t.body.payment_id===e.payment_id);a(`receipt`,s!==void 0,{payment_id:e.payment_id});let c=null;if(s){let t=s.body,i=e=>e.body.request_id===t.request_id&&e.body.participant===t.participant,l=n.find(e=>e.kind===`answer`&&i(e)&&e.body.accepted===!0&&La(e,s)),u=r.find(e=>e.kind===`request`&&i(e)&&La(e,l??s));a(`request`,u!==void 0,{request_id:String(t.request_id)}),a(`answer`,l!==void 0&&u!==void 0,{participant:String(t.participant)});let d=t.evidence??{};if(l){a(`key`,Ra(r.filter(e=>e.kind===`key`),l,t.participant),{participant:String(t.participant),key:l.from});let e=Number(l.body.power_w);a(`quantity`,Va(d.quantities,e),{power_w:e})}let f=za(d,t);a(`evidence`,f.length===0,{fields:f.join(`, `)}),u&&(a(`rate`,u.body.rate_i_per_kwh===t.rate_i_per_kwh,{shown:Number(u.body.rate_i_per_kwh),paid:Number(t.rate_i_per_kwh)}),a(`window`,Ba(d,u.body),{starts_at:Number(u.body.starts_at),ends_at:Number(u.body.ends_at)}));try{c=Na({...d,rate_i_per_kwh:t.rate_i_per_kwh??null});let{energy_wh:e,baseline_wh:n,measured_wh:r,amount_i:i}=c;a(`energy`,e===t.energy_wh&&n===t.baseline_wh&&r===t.measured_wh,{said:Number(t.energy_wh),recomputed:e}),a(`amount`,i===t.amount_i,{said:Number(t.amount_i),recomputed:i})}catch(e){a(`energy`,!1,{said:Number(t.energy_wh),recomputed:String(e.message)})}let p=(o?.body.payments??[]).find(t=>t.id===e.payment_id)?.amount_i;a(`paid`,p===t.amount_i,{paid:Number(p??0),owed:Number(t.amount_i)})}return{ok:i.every(e=>e.ok),steps:i,recomputed:c,sealed:t.some(e=>e.sealed)}}var Ua={rate:[`shown`,`paid`],amount:[`said`,`recomputed`],paid:[`paid`,`owed`]},Wa=new Set([`starts_at`,`ends_at`]),Ga=600,Ka=140,qa=class extends c{constructor(...e){super(...e),this.payment=``,this.answer=null,this.proof=null,this.problem=``,this.loaded=``}static{this.styles=[d,a`
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
    `]}willUpdate(e){super.willUpdate(e);let t=`${this.entryId}/${this.payment}`;this.hass&&this.entryId&&this.payment&&t!==this.loaded&&(this.loaded=t,this.load())}async load(){try{let e={config_entry_id:this.entryId,payment_id:this.payment},t=(await this.hass?.callService(`tangle_grid`,`verify_receipt`,e,void 0,!1,!0))?.response;this.proof=await Ha(t),this.answer=t}catch(e){this.problem=e.message??String(e)}}renderIsland(e,t){let n=this.words;if(this.problem)return l`<p class="failed" role="alert">${this.problem}</p>`;let{proof:i,answer:a}=this;if(!i||!a)return l`<p role="status">${n.t(`verifying`)}</p>`;let o=new Set(i.steps.map(e=>e.check)),s=a.checks.filter(e=>!o.has(e.check)),c=i.ok&&s.every(e=>e.ok),u=`scripts/verify --node ${location.origin}/api/tangle_grid/${t.id}/iri --token guest.token --payment ${this.payment}`;return l`<p role="status">
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
      <button @click=${()=>navigator.clipboard?.writeText(u)}>${n.t(`copy_command`)}</button>`}sentence(e,t,{check:n,ok:r,values:i}){let a=this.words,o=Object.fromEntries(Object.entries(i).map(([r,i])=>r===`participant`?[r,e.participants[i]?.name??e.vehicles[i]?.name??i]:Ua[n]?.includes(r)&&typeof i==`number`?[r,a.tokens(i,t)]:Wa.has(r)?[r,a.time(Number(i))]:[r,typeof i==`number`?a.number(i):i]));return a.common(`check_${n}${r?``:`_failed`}`,o)}renderCurve({pieces:e,energy_wh:t}){let n=this.words,i=e.at(-1)?.end??1,a=e.flatMap(e=>[e.power_w??0,e.baseline_w]),[o,c]=[Math.min(0,...a),Math.max(1,...a)],u=e=>(e/i*Ga).toFixed(1),d=e=>(136-(e-o)/(c-o)*128).toFixed(1),f=!1,p=e.map(e=>{if(e.power_w===null)return f=!1,``;let t=`${f?`L`:`M`}${u(e.start)} ${d(e.power_w)}H${u(e.end)}`;return f=!0,t}).join(``);return l`<svg class="curve" viewBox="0 0 ${Ga} ${Ka}" preserveAspectRatio="none" role="img"
        aria-label=${n.t(`proof_curve`,{energy:n.energy(t)})}>
        ${e.map(e=>e.delivered_ws>0n?s`<rect class="delivered" x=${u(e.start)} width=${((e.end-e.start)/i*Ga).toFixed(1)}
                y=${d(e.baseline_w)} height=${(Number(d(e.baseline_w-Number(e.delivered_ws)/(e.end-e.start)))-Number(d(e.baseline_w))).toFixed(1)}></rect>`:r)}
        <path class="baseline" d="M0 ${d(e[0]?.baseline_w??0)}H${Ga}"></path>
        <path class="reading" d=${p}></path>
      </svg>
      <p class="soft">${n.t(`proof_curve`,{energy:n.energy(t)})}</p>`}};u([o()],qa.prototype,`payment`,void 0),u([t()],qa.prototype,`answer`,void 0),u([t()],qa.prototype,`proof`,void 0),u([t()],qa.prototype,`problem`,void 0),qa=u([f(`tangle-grid-proof`)],qa);var Ja=`0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:`,Ya=33,Xa=80,Za=20;function Qa(e){let t=`0010${e.length.toString(2).padStart(9,`0`)}`;for(let n=0;n<e.length;n+=2){let[r,i]=[Ja.indexOf(e[n]),Ja.indexOf(e[n+1]??``)];t+=n+1<e.length?(r*45+i).toString(2).padStart(11,`0`):r.toString(2).padStart(6,`0`)}t+=`0`.repeat(Math.min(4,640-t.length)),t+=`0`.repeat((8-t.length%8)%8);let n=t.match(/.{8}/g)?.map(e=>Number.parseInt(e,2))??[];for(let e=0;n.length<Xa;e+=1)n.push(e%2?17:236);return n}function $a(e,t){let n=0;for(let r=t,i=e;r;r>>=1,i=i<<1^(i&128?285:0))r&1&&(n^=i);return n&255}function eo(e){let t=[1];for(let e=1,n=0;n<Za;n+=1,e=$a(e,2)){let n=[...t,0];t.forEach((t,r)=>n[r+1]=n[r+1]^$a(t,e)),t=n}let n=[...e,...Array(Za).fill(0)];for(let r=0;r<e.length;r+=1){let e=n[r];t.forEach((t,i)=>n[r+i]=n[r+i]^$a(t,e))}return n.slice(e.length)}function to(e){if(e.length>114||[...e].some(e=>!Ja.includes(e)))throw RangeError(`no such code`);let t=Array.from({length:Ya},()=>Array(Ya).fill(null)),n=(e,n,r)=>{let i=t[e];i&&n>=0&&n<Ya&&(i[n]=r)};for(let[e,t]of[[0,0],[0,26],[26,0]])for(let r=-1;r<=7;r+=1)for(let i=-1;i<=7;i+=1){let a=Math.max(Math.abs(r-3),Math.abs(i-3));n(e+r,t+i,a!==2&&a!==4)}for(let e=-2;e<=2;e+=1)for(let t=-2;t<=2;t+=1)n(26+e,26+t,Math.max(Math.abs(e),Math.abs(t))!==1);for(let e=8;e<25;e+=1)n(6,e,e%2==0),n(e,6,e%2==0);for(let e=0;e<15;e+=1){let t=(30660>>e&1)==1,[r,i]=e<6?[e,8]:e<8?[e+1,8]:e===8?[8,7]:[8,14-e];n(r,i,t),e<8?n(8,32-e,t):n(18+e,8,t)}n(25,8,!0);let r=Qa(e),i=[...r,...eo(r)].map(e=>e.toString(2).padStart(8,`0`)).join(``),a=0;for(let e=32,r=!0;e>0;e-=2,r=!r){e===6&&--e;for(let o=0;o<Ya;o+=1){let s=r?32-o:o;for(let r of[e,e-1]){if(t[s]?.[r]!==null)continue;let e=i[a]===`1`;a+=1,n(s,r,e!==((s+r)%2==0))}}}return t.map(e=>e.map(e=>e===!0))}function no(e){let t=to(e).flatMap((e,t)=>e.map((e,n)=>e?`M${n+4} ${t+4}h1v1h-1z`:``)).join(``);return s`<rect width=${41} height=${41} fill="#fff"></rect><path d=${t} fill="#000"></path>`}var ro=`treasury`,io=3e4,ao=1e6;function oo(e,t){let n=new Map;for(let r of e){if(r.at<t)continue;let e=n.get(r.kind)??{kind:r.kind,in_i:0,out_i:0,wh:0};r.amount_i>0?e.in_i+=r.amount_i:e.out_i-=r.amount_i,e.wh+=r.wh_in+r.wh_out,n.set(r.kind,e)}return[...n.values()].sort((e,t)=>t.in_i+t.out_i-e.in_i-e.out_i)}var so=class extends c{constructor(...e){super(...e),this.owner=``,this.statement=null,this.problem=``,this.sent=``,this.busy=!1,this.loaded=``,this.loadedAt=0}static{this.styles=[d,a`
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
    `]}willUpdate(e){super.willUpdate(e),this.hass&&this.owner&&this.watched.state===`live`&&(this.loaded===this.owner&&Date.now()-this.loadedAt<io||(this.loaded=this.owner,this.loadedAt=Date.now(),this.load()))}async load(){let e=this.watched.picture?.wallets[this.owner]?.device_id;if(e)try{let t=await this.hass?.callService(`tangle_grid`,`statement`,{device_id:e},void 0,!1,!0);this.statement=t?.response,this.problem=``}catch(e){this.problem=e.message??String(e)}}renderIsland(e,t){let n=e.wallets[this.owner],i=this.words;if(!n)return l`<p class="soft">${i.t(`no_wallets`)}</p>`;let a=this.hass?.user?.is_admin||n.owners.includes(this.hass?.user?.id??``);return l`<div>${a?this.renderAddress(e):l`<p class="soft">${i.t(`address_for_owners`)}</p>`}</div>
      <div>
        ${this.problem?l`<p class="soft" role="alert">${this.problem}</p>`:this.renderStatement(t)}
        ${a&&n.balance_i>0?this.renderSend(e,t):r}
      </div>`}renderAddress(e){let t=this.words;if(this.owner===ro)return l``;let n=e.entities[this.owner]?.receive_address,r=n?this.hass?.states[n]?.attributes.address:void 0;return typeof r==`string`?l`<div class="qr">
      <svg viewBox="0 0 41 41" role="img" aria-label=${t.t(`address_qr`)} shape-rendering="crispEdges">${no(r)}</svg>
      <p class="address">${r}</p>
      <button @click=${()=>navigator.clipboard?.writeText(r)}>${t.t(`copy_address`)}</button>
    </div>`:l`<p class="soft">${t.t(`no_address`)}</p>`}renderStatement(e){let t=this.words;if(!this.statement)return l`<p class="soft">${t.t(`waiting`)}</p>`;let{lines:n}=this.statement.content,i=oo(n,h(Date.now()/1e3,this.hass?.config.time_zone??`UTC`)),a=oo(n,0);return l`${this.renderSums(t.t(`today_money`),i,e)}
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
      <p role="status">${this.sent}</p>`}async send(e,t,n){e.preventDefault();let r=e.currentTarget,i=new FormData(r),a=t.wallets[String(i.get(`to`))],o=Math.round(Number(i.get(`amount`))*ao),s=this.words;if(!(!a||!Number.isSafeInteger(o)||o<=0)&&window.confirm(s.t(`send_sure`,{tokens:s.tokens(o,n),name:a.name}))){this.busy=!0;try{let e={device_id:t.wallets[this.owner]?.device_id,target_device_id:a.device_id,amount:o};await this.hass?.callService(`tangle_grid`,`send_tokens`,e,void 0,!1,!0),this.sent=s.t(`sent`,{tokens:s.tokens(o,n),name:a.name}),r.reset()}catch(e){this.sent=e.message??String(e)}finally{this.busy=!1}}}};u([o()],so.prototype,`owner`,void 0),u([t()],so.prototype,`statement`,void 0),u([t()],so.prototype,`problem`,void 0),u([t()],so.prototype,`sent`,void 0),u([t()],so.prototype,`busy`,void 0),so=u([f(`tangle-grid-wallet`)],so);var co=1e4,lo=30,uo=class extends c{constructor(...e){super(...e),this.messages=null,this.payments=null,this.problem=``,this.kind=``,this.all=!1,this.opened=null,this.proofs=new Set,this.wallet=``,this.topic=``,this.loadedAt=0,this.loaded=``}static{this.styles=[d,a`
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
    `]}willUpdate(e){if(super.willUpdate(e),!this.island||!this.entryId||this.watched.state!==`live`)return;let t=`${this.entryId}/${this.kind}`;t===this.loaded&&Date.now()-this.loadedAt<co||(this.loaded=t,this.loadedAt=Date.now(),this.load())}async load(){let e={config_entry_id:this.entryId,limit:lo};try{let[t,n]=await Promise.all([this.ask(`get_messages`,{...e,...this.kind?{kind:this.kind}:{}}),this.ask(`get_payments`,e)]);this.messages=t.messages??[],this.payments=n.payments??[],this.problem=``}catch(e){this.problem=e.message??String(e)}}async ask(e,t){return(await this.hass?.callService(`tangle_grid`,e,t,void 0,!1,!0))?.response}renderIsland(e,t){let n=this.words;return l`
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
        <div class="scroll">${this.renderPayments(t)}</div>
      </section>
      ${this.renderServices(e)}
    `}renderWallets(e,t){let n=this.words,i=Object.entries(e.wallets).sort(fo),a=this.all?i:i.filter(([,e])=>e.balance_i>0);return i.length===0?l`<p class="soft">${n.t(`no_wallets`)}</p>`:l`<table>
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
        </button>`:r}`}renderPayments(e){let t=this.words;return this.payments===null?l`<p class="soft">${t.t(`waiting`)}</p>`:this.payments.length===0?l`<p class="soft">${t.t(`no_payments`)}</p>`:l`<table>
      <thead>
        <tr>
          <th>${t.t(`when`)}</th>
          <th>${t.t(`from_to`)}</th>
          <th class="number">${t.t(`amount`)}</th>
          <th>${t.t(`state`)}</th>
          <th><span class="hidden">${t.t(`verify`)}</span></th>
        </tr>
      </thead>
      <tbody>
        ${this.payments.map(n=>{let i=this.proofs.has(n.payment_id);return l`<tr>
              <td>${this.at(n.created_at,e)}</td>
              <td>${mo(n.source)} → ${mo(n.target)}</td>
              <td class="number">${t.tokens(n.amount,e)}</td>
              <td>${t.maybe(`payment_${n.state}`)??n.state}</td>
              <td>
                ${po(n)?l`<button aria-expanded=${i} @click=${()=>this.toggled(n)}>${t.t(`verify`)}</button>`:r}
              </td>
            </tr>
            ${i?l`<tr><td colspan="5">
                  <tangle-grid-proof .hass=${this.hass} .entryId=${this.entryId} .payment=${n.payment_id}></tangle-grid-proof>
                </td></tr>`:r}`})}
      </tbody>
    </table>`}toggled(e){let t=new Set(this.proofs);t.delete(e.payment_id)||t.add(e.payment_id),this.proofs=t}openTransaction(e){let t=this.messages?.find(t=>t.transaction===e.detail);!t&&this.kind&&(this.kind=``),this.opened=t?.message_id??null,this.updateComplete.then(()=>this.renderRoot.querySelector(`button.message[aria-expanded='true']`)?.scrollIntoView({block:`center`}))}renderServices(t){let n=this.words,i=Object.entries(t.services);return i.length===0?r:l`<section class="box">
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
            </details>`:r}`}renderField(e,t,n){let i=this.words,a=i.maybe(`field_${e}`);if(!a||t==null)return r;let o;return o=Array.isArray(t)?t.map((e,t)=>`L${t+1} ${i.power(Number(e))}`).join(` · `):typeof t==`boolean`?i.t(t?`yes`:`no`):e===`participant`?this.watched.picture?.participants[String(t)]?.name??this.watched.picture?.vehicles[String(t)]?.name??String(t):typeof t==`number`?e.endsWith(`_at`)||e===`answer_by`?i.time(t):e.endsWith(`_wh`)?i.energy(t):e.endsWith(`_w`)?i.power(t):e.endsWith(`_i`)||e.startsWith(`rate`)?i.tokens(t,n):i.number(t,+!Number.isInteger(t)):String(t),l`<dt>${a}</dt><dd>${o}</dd>`}at(e,t){if(!e)return`–`;let n=this.words,r=m(t,Date.parse(e)/1e3),i=this.hass?.config.time_zone??`UTC`;return h(r,i)===h(n.now(t),i)?n.time(r,!0):n.date(r)}sentence(e,t){let n=this.words,r=e.body,i=e=>this.watched.picture?.participants[String(r[e])]?.name??String(r[e]??`?`);switch(e.kind){case`meter`:{let e=r.power_w?.reduce((e,t)=>e+t,0)??null;return n.t(`message_meter`,{power:n.power(e)})}case`request`:return n.t(`message_request`,{name:i(`participant`),power:n.power(Number(r.power_w))});case`answer`:return n.t(r.accepted?`message_yes`:`message_no`,{name:i(`participant`),power:n.power(Number(r.power_w))});case`settlement`:return n.t(`message_settlement`,{name:i(`participant`),energy:n.energy(Number(r.energy_wh)),tokens:n.tokens(Number(r.amount_i),t)});default:return e.sealed?n.t(`message_sealed`):n.t(`message_other`,{kind:e.kind})}}};u([t()],uo.prototype,`messages`,void 0),u([t()],uo.prototype,`payments`,void 0),u([t()],uo.prototype,`problem`,void 0),u([t()],uo.prototype,`kind`,void 0),u([t()],uo.prototype,`all`,void 0),u([t()],uo.prototype,`opened`,void 0),u([t()],uo.prototype,`proofs`,void 0),u([t()],uo.prototype,`wallet`,void 0),u([t()],uo.prototype,`topic`,void 0),uo=u([f(`tangle-grid-tangle`)],uo);function fo([,e],[,t]){return Number(t.kind===`treasury`)-Number(e.kind===`treasury`)||t.balance_i-e.balance_i}function po(e){return/^[0-9a-f]{12}:/.test(e.payment_id)}function mo(e){return e.length>40?`${e.slice(0,8)}…`:e}